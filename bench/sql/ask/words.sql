-- Times are naive UTC; the brand's days are those of Asia/Shanghai, whose clocks do not change.
CREATE OR REPLACE MACRO day_of(moment) AS CAST(moment + INTERVAL 8 HOUR AS DATE);

CREATE OR REPLACE MACRO monday_of(day) AS CAST(date_trunc('week', day) AS DATE);

CREATE OR REPLACE MACRO bucket_of(day, kind, first_day) AS
    CASE kind WHEN 'none' THEN first_day WHEN 'day' THEN day
        ELSE greatest(first_day, monday_of(day)) END;

-- The bucket an instant lies in, counted from 1; 0 before the window, `last` after it.
CREATE OR REPLACE MACRO place_of(moment, kind, first_day, end_day, last) AS
    CASE
        WHEN day_of(moment) < first_day THEN 0
        WHEN day_of(moment) >= end_day THEN last
        WHEN kind = 'day' THEN day_of(moment) - first_day + 1
        ELSE (monday_of(day_of(moment)) - monday_of(first_day)) // 7 + 1
    END;

CREATE OR REPLACE MACRO is_member_cell(cell) AS cell IN ('member_and_touch', 'member_only');
