-- name: server_version :one
-- The server's version, and the newest pgvector that it offers and the one that is installed.
select
    current_setting('server_version_num')::integer / 10000 as postgres,
    coalesce(installed_version, default_version) as vector,
    default_version as vector_offered
from (select) as one
left join pg_available_extensions on name = 'vector';

-- name: applied :one
-- Whether tables of Iris exist at all.
select to_regclass('library.replaceable') is not null and to_regclass('public.alembic_version') is not null as found;

-- name: current :one
-- What was last applied: the newest migration, and the digest of functions, views and grants.
select version_num as revision, digest
from public.alembic_version
cross join library.replaceable;

-- name: lock :none
-- Two deployers queue instead of racing; a waiting drop must not freeze readers for long.
select pg_advisory_xact_lock(7417203), set_config('lock_timeout', '30s', true);

-- name: outsiders :many
-- Views outside our schemas that read them, and would be dropped with them.
select distinct view_schema.nspname || '.' || view_class.relname as name
from pg_depend
join pg_rewrite on pg_rewrite.oid = pg_depend.objid and pg_depend.classid = 'pg_rewrite'::regclass
join pg_class as view_class on view_class.oid = pg_rewrite.ev_class
join pg_namespace as view_schema on view_schema.oid = view_class.relnamespace
left join pg_class as read_class
    on read_class.oid = pg_depend.refobjid and pg_depend.refclassid = 'pg_class'::regclass
left join pg_proc as read_function
    on read_function.oid = pg_depend.refobjid and pg_depend.refclassid = 'pg_proc'::regclass
join pg_namespace as read_schema
    on read_schema.oid = coalesce(read_class.relnamespace, read_function.pronamespace)
where read_schema.nspname in ('search', 'report')
    and view_schema.nspname not in ('search', 'report')
order by name;

-- name: drop_replaceable :none
drop schema if exists search, report cascade;

-- name: forget_digest :none
delete from library.replaceable;

-- name: set_digest :none
insert into library.replaceable (digest) values (%(digest)s);
