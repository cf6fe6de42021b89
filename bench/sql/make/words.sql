-- The words that the other files speak in. Variables: seed, first (the instant at which the
-- history begins), seconds (how long it is), customers, groups, notes, orders, days.
-- Chance is a hash of a number and a word, so the same seed gives the same brand.
CREATE OR REPLACE MACRO chance(i, word) AS
    CAST(hash(i, word, getvariable('seed')) AS DOUBLE) / 18446744073709551616.0;

-- Seconds until something that happens once in `days` on average.
CREATE OR REPLACE MACRO wait(i, word, days) AS
    -ln(1 - chance(i, word) * 0.9999999) * days * 86400;

CREATE OR REPLACE MACRO instant(moment) AS
    getvariable('first') + to_microseconds(CAST(floor(moment * 1000) AS BIGINT) * 1000);

-- Platforms give people and notes ids that sort by nothing.
CREATE OR REPLACE MACRO code(kind, i) AS
    substr(md5(kind || CAST(i AS VARCHAR) || '/' || CAST(getvariable('seed') AS VARCHAR)), 1, 24);

-- Who does something at a time: mostly people who arrived some weeks before, some of any age;
-- every tenth is a regular who does it more often.
CREATE OR REPLACE MACRO ago(i, word, moment) AS
    CASE WHEN chance(i, word || ' far') < 0.7 THEN wait(i, word || ' back', 45)
        ELSE chance(i, word || ' back') * moment END;
CREATE OR REPLACE MACRO arrival(i, word, moment) AS
    CASE WHEN ago(i, word, moment) <= moment THEN moment - ago(i, word, moment)
        ELSE chance(i, word || ' old') * moment END;
CREATE OR REPLACE MACRO at_place(i, word, place) AS
    CASE WHEN chance(i, word || ' regular') < 0.4 THEN place - place % 10 ELSE place END;
CREATE OR REPLACE MACRO whose(i, word, moment) AS
    at_place(i, word, least(getvariable('customers') - 1, CAST(floor(
        arrival(i, word, moment) / getvariable('seconds') * getvariable('customers')) AS BIGINT)));

-- The newest things are named most.
CREATE OR REPLACE MACRO recent(i, word, count, moment) AS
    CAST(floor(count * moment / getvariable('seconds') * (1 - chance(i, word) ** 3) * 0.999999)
        AS BIGINT);
CREATE OR REPLACE MACRO group_code(g) AS 'g' || lpad(CAST(g AS VARCHAR), 5, '0');
CREATE OR REPLACE MACRO live_code(l) AS 'live' || lpad(CAST(l AS VARCHAR), 6, '0');
CREATE OR REPLACE MACRO staff_code(g) AS code('staff', g % 20);
