-- Roles belong to the cluster, so they may exist already, or this user may not create any.
do $$
begin
    if not exists (select from pg_roles where rolname = 'iris_app') then
        create role iris_app nologin;
    end if;
    if not exists (select from pg_roles where rolname = 'iris_report') then
        create role iris_report nologin;
    end if;
exception
    when insufficient_privilege or duplicate_object or unique_violation then
        raise notice 'roles iris_app and iris_report were not created: %', sqlerrm;
end
$$;

-- The limits of a reporter. PostgreSQL applies a role's settings to those who log in as that role,
-- not to its members, so `iris reporter add` copies these to each, and `iris report` keeps to them.
-- What an administrator has set already stays.
do $$
declare
    report constant oid := (select oid from pg_roles where rolname = 'iris_report');
    setting text[];
begin
    if report is null then
        return;
    end if;
    foreach setting slice 1 in array array[
        ['statement_timeout', '60s'],
        ['idle_in_transaction_session_timeout', '60s'], -- one that is forgotten holds up vacuums
        ['default_transaction_read_only', 'on'],
        ['work_mem', '64MB'] -- sums over a million assets stay in memory
    ] loop
        if not exists (
            select
            from pg_db_role_setting
            cross join lateral unnest(setconfig) as known
            where setrole = report and setdatabase = 0 and split_part(known, '=', 1) = setting[1]
        ) then
            execute format('alter role iris_report set %I = %L', setting[1], setting[2]);
        end if;
    end loop;
    if (select rolconnlimit from pg_roles where oid = report) = -1 then
        alter role iris_report connection limit 5;
    end if;
exception
    when insufficient_privilege then
        raise notice 'role iris_report got no limits: %', sqlerrm;
end
$$;

-- PostgreSQL lets everybody execute new functions. Here nobody does who is not named below.
revoke execute on all functions in schema library, search, procrastinate from public;

-- What runs with its owner's rights must not take a type or an operator of the caller's for its own.
-- Unless a path names it, PostgreSQL looks into the caller's temporary schema first.
do $$
declare
    trusted regprocedure;
begin
    for trusted in
        select oid
        from pg_proc
        where pronamespace = 'search'::regnamespace and prosecdef
    loop
        execute format(
            'alter function %s set search_path = %s, pg_temp', trusted, current_setting('search_path'));
    end loop;
end
$$;

do $$
begin
    if exists (select from pg_roles where rolname = 'iris_app') then
        grant usage on schema library, search, report, procrastinate to iris_app;
        grant select, insert, update, delete on all tables in schema library, procrastinate to iris_app;
        grant select on all tables in schema report to iris_app;
        grant usage on all sequences in schema procrastinate to iris_app;
        grant execute on all functions in schema library, search, procrastinate to iris_app;
        -- Tables of embeddings are made anew with each model.
        alter default privileges in schema library
            grant select, insert, update, delete on tables to iris_app;
    end if;

    if exists (select from pg_roles where rolname = 'iris_report') then
        grant usage on schema report, search to iris_report;
        grant select on all tables in schema report to iris_report;
        -- The public functions of schema search. They read tables with the rights of their owner;
        -- what runs with the caller's could read nothing.
        grant execute on function
            search.by_vector, search.by_asset, search.by_text, search.similarity
            to iris_report;
    end if;
exception
    when insufficient_privilege then
        raise notice 'roles iris_app and iris_report were not given their rights: %', sqlerrm;
end
$$;
