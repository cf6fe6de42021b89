"""Parquet files, read back by pyarrow: types, values, groups of rows, what is said beside them."""

from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from app.exports import parquet_file
from app.exports.frame import ARROW, Frame
from app.exports.parquet_file import write_parquet
from tests.exports.sample import content, frame, sample
from tests.exports.test_csv_files import ROW, SPEC


def test_all_tables_of_an_export_come_back(tmp_path: Path) -> None:
    made = sample()
    for name, each in made.frames.items():
        path = tmp_path / f"{name}.parquet"
        write_parquet(each, path, made)
        found = parquet.read_table(path)
        assert found.schema.remove_metadata().equals(each.spec.schema)
        assert (
            found.to_pylist() == pa.Table.from_batches(each.batches(), each.spec.schema).to_pylist()
        )


def test_columns_say_their_labels_and_units_and_the_file_its_zone(tmp_path: Path) -> None:
    write_parquet(frame(SPEC, [ROW]), tmp_path / "a.parquet", content({}))
    schema = parquet.read_schema(tmp_path / "a.parquet")
    about = {key.decode(): value.decode() for key, value in schema.metadata.items()}
    assert about["hongqun.timezone"] == "Asia/Shanghai"
    assert about["hongqun.as_of"] == "2026-11-15T22:00:00+00:00"
    assert about["hongqun.key"] == "id"
    money = schema.field("money")
    assert money.metadata[b"label_zh"].decode() == "金额"
    assert money.metadata[b"unit"] == b"minor unit of CNY"
    assert [field.type for field in schema] == [ARROW[column.type] for column in SPEC.columns]


def test_rows_go_into_groups_of_one_size_however_they_come(tmp_path: Path) -> None:
    whole = pa.Table.from_batches(frame(SPEC, [ROW] * 1_000).batches())
    sizes = [parquet_file.ROWS // 1_000 * 900, 1, 77_000, 0, 131_072, 5]
    rows = sum(sizes)
    many = pa.concat_tables([whole] * (max(sizes) // 1_000 + 1)).combine_chunks().to_batches()[0]
    made = Frame(SPEC, rows, lambda: (many.slice(0, size) for size in sizes))
    write_parquet(made, tmp_path / "a.parquet", content({}))
    about = parquet.ParquetFile(tmp_path / "a.parquet").metadata
    groups = [about.row_group(n).num_rows for n in range(about.num_row_groups)]
    assert groups == [parquet_file.ROWS] * (rows // parquet_file.ROWS) + [rows % parquet_file.ROWS]
    assert about.row_group(0).column(0).compression == "ZSTD"


def test_a_table_without_rows_has_its_columns(tmp_path: Path) -> None:
    write_parquet(frame(SPEC, []), tmp_path / "a.parquet", content({}))
    found = parquet.read_table(tmp_path / "a.parquet")
    assert found.num_rows == 0
    assert found.column_names == [column.key for column in SPEC.columns]
