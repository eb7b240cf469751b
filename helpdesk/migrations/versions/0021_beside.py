"""PostgreSQL writes a large table anew beside itself, while it is read and written, and takes its place in a moment."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

NAMES = (
    "access_log",
    "address",
    "attachment",
    "fact",
    "known_name",
    "known_name_word",
    "outgoing_recipient",
    "person",
    "search_query",
    "seen",
    "ticket_person",
    "upload",
)
_GUARD = """
CREATE FUNCTION written_anew(name text) RETURNS regclass LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF name !~ '^(content|search_text)_[0-9][0-9]$' AND name NOT IN ({names}) THEN
    RAISE EXCEPTION 'not a table that is written anew';
  END IF;
  RETURN pg_catalog.to_regclass(pg_catalog.quote_ident(name));
END $$
"""
_IN_PLACE = """
CREATE OR REPLACE FUNCTION write_anew(name text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  here regclass := written_anew(name);
  key text;
BEGIN
  SELECT c.relname INTO STRICT key FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = here AND i.indisprimary;
  EXECUTE pg_catalog.format('CLUSTER %I USING %I', name, key);
END $$
"""
_DROP = """
CREATE FUNCTION beside_drop(name text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  PERFORM written_anew(name);
  IF to_regclass(quote_ident(name || '_moved')) IS NOT NULL THEN
    EXECUTE format('DROP TRIGGER IF EXISTS beside_moved ON %I', name);
  END IF;
  EXECUTE format('DROP TABLE IF EXISTS %I, %I', name || '_anew', name || '_moved');
END $$
"""
_MOVED = """
CREATE FUNCTION beside_moved() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  moved text := TG_TABLE_NAME || '_moved';
  linked bool := TG_ARGV[0]::bool;
  keys text := TG_ARGV[1];
  given text := TG_ARGV[2];
BEGIN
  IF TG_OP <> 'INSERT' THEN
    EXECUTE format('INSERT INTO %I SELECT %s', moved, given) USING OLD;
    IF linked THEN
      EXECUTE format('DELETE FROM %I WHERE (%s) = (%s)', TG_TABLE_NAME || '_anew', keys, given) USING OLD;
    END IF;
  END IF;
  IF TG_OP <> 'DELETE' THEN
    EXECUTE format('INSERT INTO %I SELECT %s', moved, given) USING NEW;
  END IF;
  RETURN NULL;
END $$
"""
_WATCH = """
CREATE FUNCTION beside_watch(name text, linked bool) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  keys text := beside_columns(to_regclass(quote_ident(name || '_moved')));
  given text;
BEGIN
  SELECT string_agg('($1).' || quote_ident(attname), ', ' ORDER BY attnum) INTO STRICT given FROM pg_attribute
    WHERE attrelid = to_regclass(quote_ident(name || '_moved')) AND attnum > 0;
  EXECUTE format('CREATE OR REPLACE TRIGGER beside_moved AFTER INSERT OR UPDATE OR DELETE ON %I '
    'FOR EACH ROW EXECUTE FUNCTION beside_moved(%L, %L, %L)', name, linked, keys, given);
END $$
"""
_LOCK = """
CREATE FUNCTION beside_lock(name text, kind text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  here regclass := to_regclass(quote_ident(name));
  one record;
BEGIN
  FOR one IN SELECT DISTINCT confrelid::regclass AS other FROM pg_constraint
    WHERE conrelid = here AND contype = 'f' ORDER BY 1
  LOOP
    EXECUTE format('LOCK TABLE ONLY %s IN SHARE ROW EXCLUSIVE MODE', one.other);
  END LOOP;
  FOR one IN SELECT inhparent::regclass AS other FROM pg_inherits WHERE inhrelid = here UNION ALL SELECT here
  LOOP
    EXECUTE format('LOCK TABLE ONLY %s IN %s MODE', one.other, kind);
  END LOOP;
END $$
"""
_FORGET = """
CREATE FUNCTION beside_forget(name text) RETURNS void LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE keys text := beside_columns(to_regclass(quote_ident(name || '_moved')));
BEGIN
  EXECUTE format('DELETE FROM %I WHERE (%s) IN (SELECT %s FROM %I)', name || '_anew', keys, keys, name || '_moved');
END $$
"""
_BEGIN = """
CREATE FUNCTION beside_begin(name text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  here regclass := written_anew(name);
  keys text;
  bound text := pg_get_partition_constraintdef(here);
  one record;
BEGIN
  PERFORM beside_drop(name);
  EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING STORAGE '
    'INCLUDING COMPRESSION INCLUDING CONSTRAINTS)', name || '_anew', name);
  FOR one IN SELECT attname, attstattarget AS target FROM pg_attribute
    WHERE attrelid = here AND attnum > 0 AND NOT attisdropped AND attstattarget >= 0
  LOOP
    EXECUTE format('ALTER TABLE %I ALTER COLUMN %I SET STATISTICS %s', name || '_anew', one.attname, one.target);
  END LOOP;
  IF bound IS NOT NULL THEN
    EXECUTE format('ALTER TABLE %I ADD CONSTRAINT beside_bound CHECK (%s)', name || '_anew', bound);
  END IF;
  SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY k.place) INTO STRICT keys
    FROM pg_index i, unnest(i.indkey) WITH ORDINALITY k(number, place), pg_attribute a
    WHERE i.indrelid = here AND i.indisprimary AND a.attrelid = here AND a.attnum = k.number;
  EXECUTE format('CREATE TABLE %I AS SELECT %s FROM %I WHERE false', name || '_moved', keys, name);
  PERFORM beside_watch(name, false);
END $$
"""
_COLUMNS = """
CREATE FUNCTION beside_columns(here regclass) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
    WHERE attrelid = here AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
$$
"""
_COPY = """
CREATE FUNCTION beside_copy(name text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  here regclass := written_anew(name);
  columns text := beside_columns(here);
  one record;
  two record;
BEGIN
  EXECUTE format('INSERT INTO %I (%s) SELECT %s FROM %I', name || '_anew', columns, columns, name);
  FOR one IN SELECT i.indexrelid AS id, c.relname, pg_get_indexdef(i.indexrelid) AS said, k.contype,
      pg_get_constraintdef(k.oid) AS rule
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = here AND k.contype IN ('p', 'u')
    WHERE i.indrelid = here ORDER BY c.relname
  LOOP
    IF one.rule IS NULL THEN
      EXECUTE regexp_replace(one.said, '^CREATE (UNIQUE )?INDEX \\S+ ON (ONLY )?\\S+ ',
        format('CREATE \\1INDEX %I ON %I ', one.relname || '_anew', name || '_anew'));
    ELSE
      EXECUTE format('ALTER TABLE %I ADD CONSTRAINT %I %s', name || '_anew', one.relname || '_anew', one.rule);
    END IF;
    FOR two IN SELECT attnum, attstattarget AS target FROM pg_attribute WHERE attrelid = one.id AND attstattarget >= 0
    LOOP
      EXECUTE format('ALTER INDEX %I ALTER COLUMN %s SET STATISTICS %s',
        one.relname || '_anew', two.attnum, two.target);
    END LOOP;
  END LOOP;
  EXECUTE format('ANALYZE %I', name || '_anew');
END $$
"""
_LINK = """
CREATE FUNCTION beside_link(name text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  here regclass := written_anew(name);
  one record;
BEGIN
  PERFORM beside_lock(name, 'SHARE ROW EXCLUSIVE');
  PERFORM beside_forget(name);
  PERFORM beside_watch(name, true);
  FOR one IN SELECT conname, pg_get_constraintdef(oid) AS rule FROM pg_constraint
    WHERE conrelid = here AND contype = 'f' ORDER BY conname
  LOOP
    EXECUTE format('ALTER TABLE %I ADD CONSTRAINT %I %s NOT VALID', name || '_anew', one.conname, one.rule);
  END LOOP;
END $$
"""
_CHECK = """
CREATE FUNCTION beside_check(name text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE one record;
BEGIN
  PERFORM written_anew(name);
  FOR one IN SELECT conname FROM pg_constraint
    WHERE conrelid = to_regclass(quote_ident(name || '_anew')) AND contype = 'f' ORDER BY conname
  LOOP
    EXECUTE format('ALTER TABLE %I VALIDATE CONSTRAINT %I', name || '_anew', one.conname);
  END LOOP;
END $$
"""
_SWAP = """
CREATE FUNCTION beside_swap(name text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  here regclass := written_anew(name);
  parent regclass := (SELECT inhparent FROM pg_inherits WHERE inhrelid = here);
  bound text := (SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE oid = here);
  columns text := beside_columns(here);
  keys text := beside_columns(to_regclass(quote_ident(name || '_moved')));
  triggers text[] := ARRAY(SELECT pg_get_triggerdef(oid) FROM pg_trigger
    WHERE tgrelid = here AND NOT tgisinternal AND tgname <> 'beside_moved' ORDER BY tgname);
  one record;
BEGIN
  PERFORM beside_lock(name, 'ACCESS EXCLUSIVE');
  PERFORM beside_forget(name);
  EXECUTE format('INSERT INTO %I (%s) SELECT %s FROM %I WHERE (%s) IN (SELECT %s FROM %I)',
    name || '_anew', columns, columns, name, keys, keys, name || '_moved');
  IF parent IS NOT NULL THEN
    EXECUTE format('ALTER TABLE %s DETACH PARTITION %I', parent, name);
    EXECUTE format('ALTER TABLE %s ATTACH PARTITION %I %s', parent, name || '_anew', bound);
    EXECUTE format('ALTER TABLE %I DROP CONSTRAINT beside_bound', name || '_anew');
  END IF;
  FOR one IN SELECT d.objid::regclass AS counter, a.attname FROM pg_depend d
    JOIN pg_class c ON c.oid = d.objid AND c.relkind = 'S'
    JOIN pg_attribute a ON a.attrelid = here AND a.attnum = d.refobjsubid
    WHERE d.classid = 'pg_class'::regclass AND d.refobjid = here AND d.deptype = 'a'
  LOOP
    EXECUTE format('ALTER SEQUENCE %s OWNED BY %I.%I', one.counter, name || '_anew', one.attname);
  END LOOP;
  FOR one IN SELECT pg_get_userbyid(grantee) AS who, privilege_type AS what FROM pg_class, aclexplode(relacl)
    WHERE oid = here AND grantee NOT IN (0, relowner)
  LOOP
    EXECUTE format('GRANT %s ON %I TO %I', one.what, name || '_anew', one.who);
  END LOOP;
  EXECUTE format('DROP TABLE %I, %I', name, name || '_moved');
  FOR one IN SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = to_regclass(quote_ident(name || '_anew'))
  LOOP
    EXECUTE format('ALTER INDEX %I RENAME TO %I', one.relname, regexp_replace(one.relname, '_anew$', ''));
  END LOOP;
  EXECUTE format('ALTER TABLE %I RENAME TO %I', name || '_anew', name);
  FOR one IN SELECT said FROM unnest(triggers) AS known(said)
  LOOP
    EXECUTE one.said;
  END LOOP;
END $$
"""
_FUNCTIONS = {
    "write_anew(text)": _IN_PLACE,
    "beside_drop(text)": _DROP,
    "beside_moved()": _MOVED,
    "beside_columns(regclass)": _COLUMNS,
    "beside_watch(text, bool)": _WATCH,
    "beside_lock(text, text)": _LOCK,
    "beside_forget(text)": _FORGET,
    "beside_begin(text)": _BEGIN,
    "beside_copy(text)": _COPY,
    "beside_link(text)": _LINK,
    "beside_check(text)": _CHECK,
    "beside_swap(text)": _SWAP,
}


def upgrade() -> None:
    """Make the functions that the tables' owner lends; which tables they may write is said in one place now."""
    if op.get_bind().dialect.name != "postgresql":
        return
    schema = op.get_bind().execute(sa.text("SELECT current_schema()")).scalar_one()
    op.execute(_GUARD.format(names=", ".join(f"'{name}'" for name in NAMES)))
    for signature, made in _FUNCTIONS.items():
        op.execute(made)
        op.execute(f'ALTER FUNCTION {signature} SET search_path = "{schema}", pg_temp')
