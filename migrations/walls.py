"""The wall around a table: row-level security for every table that has a brand.

A migration that makes such a table ends with `op.execute(WALL)`. What stands already is left.
"""

WALL = """
DO $$
DECLARE
    branded record;
    condition text := 'brand_id = nullif(current_setting(''app.brand'', true), '''')::bigint';
BEGIN
    FOR branded IN
        SELECT c.oid::regclass AS name, c.oid, c.relrowsecurity AND c.relforcerowsecurity AS forced
        FROM pg_class AS c
        JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'brand_id'
        WHERE c.relnamespace = to_regnamespace(current_schema()) AND c.relkind IN ('r', 'p')
            AND NOT a.attisdropped
        ORDER BY c.relname
    LOOP
        IF NOT branded.forced THEN
            EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', branded.name);
            EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', branded.name);
        END IF;
        IF NOT EXISTS (
            SELECT FROM pg_policy WHERE polrelid = branded.oid AND polname = 'of_brand'
        ) THEN
            EXECUTE format('CREATE POLICY of_brand ON %s USING (%s) WITH CHECK (%s)',
                branded.name, condition, condition);
        END IF;
    END LOOP;
END
$$
"""

UNWALL = """
DO $$
DECLARE
    branded record;
    policy record;
BEGIN
    FOR branded IN
        SELECT c.oid::regclass AS name, c.oid FROM pg_class AS c
        WHERE c.relnamespace = to_regnamespace(current_schema()) AND c.relrowsecurity
    LOOP
        FOR policy IN SELECT polname FROM pg_policy WHERE polrelid = branded.oid LOOP
            EXECUTE format('DROP POLICY %I ON %s', policy.polname, branded.name);
        END LOOP;
        EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', branded.name);
        EXECUTE format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', branded.name);
    END LOOP;
END
$$
"""
