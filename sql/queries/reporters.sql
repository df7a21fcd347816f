-- Roles that may log in and read reports. Their names are identifiers that Python has composed.

-- name: state :one
-- Whether the role is a reporter; nothing when there is no such role.
select
    rolcanlogin
    and not rolsuper
    and not rolcreaterole
    and exists (
        select
        from pg_auth_members
        join pg_roles as report on report.oid = pg_auth_members.roleid
        where report.rolname = 'iris_report' and pg_auth_members.member = pg_roles.oid
    ) as is_reporter
from pg_roles
where rolname = %(name)s;

-- name: limits :one
select
    rolconnlimit as connections,
    array(
        select array[split_part(setting, '=', 1), substring(setting from position('=' in setting) + 1)]
        from pg_db_role_setting
        cross join lateral unnest(setconfig) as setting
        where setrole = pg_roles.oid and setdatabase = 0
    ) as settings
from pg_roles
where rolname = 'iris_report';

-- name: create :none
create role {name} login in role iris_report connection limit {connections} password {password};

-- name: set :none
alter role {name} set {setting} = {value};

-- name: disable :none
alter role {name} nologin;

-- name: end_sessions :none
-- Those that this user may end: a superuser all. Waits for their end for 5 s.
select pg_terminate_backend(pid, 5000)
from pg_stat_activity
where usename = %(name)s and pg_has_role(usesysid, 'usage');

-- name: drop :none
drop role {name};
