"""What partitions are made, detached and counted by: functions of the owner, for workers.

Who calls them may make temporary tables with triggers, which would run as the owner: those that do
run as the owner touch the tables of events and messages only.
"""

OURS = """IF (parent IN (to_regclass('HOME.event'), to_regclass('HOME.message'))) IS NOT TRUE THEN
        RAISE EXCEPTION '% is no table of ours in partitions', parent
        USING ERRCODE = 'insufficient_privilege';
    END IF;"""
"""The first statement of each of those, whose table is `parent`."""

FUNCTIONS = (
    # A number of an event, or an instant, as the first of a month has it.
    """
CREATE OR REPLACE FUNCTION partition_bound(kind regtype, month timestamptz) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE kind
        WHEN CAST('bigint' AS regtype)
        THEN CAST(CAST(extract(EPOCH FROM month) * 1000 AS bigint) << 20 AS text)
        ELSE to_char(month AT TIME ZONE 'UTC', 'YYYYMMDD"T000000Z"')
    END
$$
""",
    # The partitions of a table. `starts` is null from the beginning on, both are of the default.
    """
CREATE OR REPLACE FUNCTION partitions_of(parent regclass)
RETURNS TABLE (
    part regclass, is_default boolean, lower text, upper text, starts timestamptz, ends timestamptz
)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT b.part, b.bound = 'DEFAULT', b.lower, b.upper, CASE b.kind
        WHEN 'bigint' THEN to_timestamp((CAST(b.lower AS bigint) >> 20) / 1000.0)
        ELSE CAST(b.lower AS timestamptz)
    END, CASE b.kind
        WHEN 'bigint' THEN to_timestamp((CAST(b.upper AS bigint) >> 20) / 1000.0)
        ELSE CAST(b.upper AS timestamptz)
    END
    FROM (
        SELECT CAST(c.oid AS regclass) AS part, pg_get_expr(c.relpartbound, c.oid) AS bound,
            substring(pg_get_expr(c.relpartbound, c.oid) FROM 'FROM \\(''([^'']*)''\\)') AS lower,
            substring(pg_get_expr(c.relpartbound, c.oid) FROM 'TO \\(''([^'']*)''\\)') AS upper,
            format_type(a.atttypid, NULL) AS kind
        FROM pg_inherits AS i
        JOIN pg_class AS c ON c.oid = i.inhrelid AND c.relispartition
        JOIN pg_partitioned_table AS p ON p.partrelid = i.inhparent
        JOIN pg_attribute AS a ON a.attrelid = i.inhparent AND a.attnum = p.partattrs[0]
        WHERE i.inhparent = parent
    ) AS b
$$
""",
    # Walls as around another table: no statistics of brands, row-level security, its policies. Nor
    # are there statistics of search words, for which ANALYZE would take texts apart.
    """
CREATE OR REPLACE FUNCTION wall_as(model regclass, made regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    policy record;
    words regclass;
BEGIN
    EXECUTE format('ALTER TABLE %s ALTER COLUMN brand_id SET STATISTICS 0', made);
    FOR words IN
        SELECT x.indexrelid FROM pg_index AS x
        JOIN pg_class AS c ON c.oid = x.indexrelid
        JOIN pg_am AS a ON a.oid = c.relam AND a.amname = 'gin'
        WHERE x.indrelid = made
    LOOP
        EXECUTE format('ALTER INDEX %s ALTER COLUMN 1 SET STATISTICS 0', words);
    END LOOP;
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', made);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', made);
    FOR policy IN
        SELECT p.* FROM pg_policies AS p
        JOIN pg_class AS c ON c.relname = p.tablename
            AND c.relnamespace = to_regnamespace(quote_ident(p.schemaname))
        WHERE c.oid = model
    LOOP
        EXECUTE format('CREATE POLICY %I ON %s AS %s FOR %s TO %s%s%s',
            policy.policyname, made, policy.permissive, policy.cmd,
            (SELECT string_agg(CASE r WHEN 'public' THEN 'PUBLIC' ELSE quote_ident(r) END, ', ')
             FROM unnest(policy.roles) AS r),
            ' USING (' || policy.qual || ')', ' WITH CHECK (' || policy.with_check || ')');
    END LOOP;
END
$$
""",
    # The month's partition, where there is none: true where it was made. It is filled before it is
    # attached, so that readers and writers of the others go on; only the default one is locked.
    f"""
CREATE OR REPLACE FUNCTION make_partition(parent regclass, month timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET lock_timeout = '200ms' AS $$
DECLARE
    begins timestamptz := date_trunc('month', month);
    home text;
    named text;
    keyed name;
    kind regtype;
    low text;
    high text;
    spare regclass;
BEGIN
    {OURS}
    IF begins > now() + interval '1 year' THEN
        RAISE EXCEPTION 'a partition for % is not made yet', begins;
    END IF;
    SELECT quote_ident(n.nspname), c.relname || to_char(begins, '_YYYY_MM'), a.attname, a.atttypid
    INTO STRICT home, named, keyed, kind
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_partitioned_table AS p ON p.partrelid = c.oid
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = p.partattrs[0]
    WHERE c.oid = parent;
    IF NOT pg_try_advisory_xact_lock(1885434484) OR EXISTS (
        SELECT FROM HOME.partitions_of(parent) AS p
        WHERE NOT p.is_default AND p.ends > begins
            AND (p.starts IS NULL OR p.starts < begins + interval '1 month')
    ) THEN
        RETURN false;
    END IF;
    low := HOME.partition_bound(kind, begins);
    high := HOME.partition_bound(kind, begins + interval '1 month');
    EXECUTE format('CREATE TABLE %s.%I (LIKE %s INCLUDING ALL)', home, named, parent);
    PERFORM HOME.wall_as(parent, CAST(format('%s.%I', home, named) AS regclass));
    SELECT p.part INTO spare FROM HOME.partitions_of(parent) AS p WHERE p.is_default;
    IF spare IS NOT NULL THEN
        EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', spare);
        EXECUTE format('WITH moved AS (DELETE FROM %s WHERE %I >= %L AND %I < %L RETURNING *)'
            ' INSERT INTO %s.%I SELECT * FROM moved', spare, keyed, low, keyed, high, home, named);
    END IF;
    EXECUTE format('ALTER TABLE %s ATTACH PARTITION %s.%I FOR VALUES FROM (%L) TO (%L)',
        parent, home, named, low, high);
    RETURN true;
END
$$
""",
    # Lay a partition aside: false where an earlier one is there, where one of its events is still
    # to be worked on, or may be tried again, and where a rebuild is reading messages. The lock on
    # the table is short, and waited for briefly.
    f"""
CREATE OR REPLACE FUNCTION detach_partition(parent regclass, old regclass) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '200ms' AS $$
DECLARE
    bounds record;
    base text;
    named text;
BEGIN
    {OURS}
    SELECT * INTO STRICT bounds FROM HOME.partitions_of(parent) AS p
    WHERE p.part = old AND NOT p.is_default;
    IF bounds.ends > now() - interval '3 months' THEN
        RAISE EXCEPTION '% is younger than 3 months', old;
    END IF;
    SELECT relname INTO STRICT base FROM pg_class WHERE oid = parent;
    SELECT relname INTO STRICT named FROM pg_class WHERE oid = old;
    EXECUTE format('LOCK TABLE ONLY %s IN ACCESS EXCLUSIVE MODE', parent);
    IF EXISTS (
        SELECT FROM HOME.partitions_of(parent) AS p
        WHERE NOT p.is_default AND p.part <> old AND (p.starts IS NULL OR p.ends < bounds.ends)
    ) THEN
        RETURN false;
    END IF;
    IF base = 'event' AND EXISTS (
        SELECT FROM HOME.pending_event AS w
        WHERE w.event_no < CAST(bounds.upper AS bigint)
            AND w.event_no >= coalesce(CAST(bounds.lower AS bigint), w.event_no)
        UNION ALL SELECT FROM HOME.dead_letter AS w
        WHERE w.event_no < CAST(bounds.upper AS bigint)
            AND w.event_no >= coalesce(CAST(bounds.lower AS bigint), w.event_no)
    ) THEN
        RETURN false;
    END IF;
    IF base = 'message' AND EXISTS (SELECT FROM HOME.rebuild) THEN
        RETURN false;
    END IF;
    EXECUTE format('ALTER TABLE %s DETACH PARTITION %s', parent, old);
    EXECUTE format('ALTER TABLE %s SET SCHEMA hongqun_detached', old);
    EXECUTE format('ALTER TABLE hongqun_detached.%I INHERIT hongqun_detached.%I', named, base);
    RETURN true;
END
$$
""",
    # How many rows the default partition has, counted up to a number: nobody may look into it.
    f"""
CREATE OR REPLACE FUNCTION unforeseen_rows(parent regclass, most bigint) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    spare regclass;
    found bigint;
BEGIN
    {OURS}
    SELECT p.part INTO STRICT spare FROM HOME.partitions_of(parent) AS p WHERE p.is_default;
    EXECUTE format('SELECT count(*) FROM (SELECT FROM %s LIMIT $1) AS q', spare)
    INTO found USING most;
    RETURN found;
END
$$
""",
)
NAMES = (
    *("unforeseen_rows(regclass, bigint)", "detach_partition(regclass, regclass)"),
    *("make_partition(regclass, timestamptz)", "wall_as(regclass, regclass)"),
    *("partitions_of(regclass)", "partition_bound(regtype, timestamptz)"),
)
