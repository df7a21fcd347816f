-- name: list :many
-- The views of schema report with their columns, as their comments describe them.
select
    view.relname as name,
    coalesce(obj_description(view.oid, 'pg_class'), '') as description,
    jsonb_agg(
        jsonb_build_object(
            'name', attribute.attname,
            'type', format_type(attribute.atttypid, null),
            'description', coalesce(col_description(view.oid, attribute.attnum), '')
        )
        order by attribute.attnum
    ) as columns
from pg_class as view
join pg_attribute as attribute on attribute.attrelid = view.oid and attribute.attnum > 0
where view.relnamespace = to_regnamespace('report') and view.relkind = 'v'
group by view.oid, view.relname
order by view.relname;

-- name: restrain :none
-- Until the end of the transaction; a server whose user may not create roles has no other limits.
-- A cursor is read to its end.
select
    set_config('transaction_read_only', 'on', true),
    set_config('statement_timeout', '60s', true),
    set_config('cursor_tuple_fraction', '1', true);

-- name: limit_as_reporter :none
-- The limits of the reporting role, until the end of the transaction.
select set_config(split_part(setting, '=', 1), substring(setting from position('=' in setting) + 1), true)
from pg_db_role_setting
join pg_roles on pg_roles.oid = setrole
cross join lateral unnest(pg_db_role_setting.setconfig) as setting
where pg_roles.rolname = 'iris_report' and setdatabase = 0;

-- name: become_reporter :none
-- The rights of the reporting role, until the end of the transaction, if this user can have them.
select set_config('role', rolname, true)
from pg_roles
where rolname = 'iris_report' and pg_has_role(oid, 'set');

-- name: rows :many
-- Names come from the catalog, values are parameters.
select {columns}
from report.{report}
where {condition}
limit {limit};
