-- Roles belong to the cluster, so they may exist already, or this user may not create any.
do $$
begin
    if not exists (select from pg_roles where rolname = 'iris_app') then
        create role iris_app nologin;
    end if;
    if not exists (select from pg_roles where rolname = 'iris_report') then
        create role iris_report nologin;
    end if;
    alter role iris_report set statement_timeout = '60s';

    grant usage on schema library, search to iris_app;
    grant select, insert, update, delete on all tables in schema library to iris_app;
    revoke execute on all functions in schema search from public;
    grant execute on all functions in schema search to iris_app;
    -- Tables of embeddings are made anew with each model.
    alter default privileges in schema library
        grant select, insert, update, delete on tables to iris_app;

    grant usage on schema procrastinate to iris_app;
    grant select, insert, update, delete on all tables in schema procrastinate to iris_app;
    grant usage on all sequences in schema procrastinate to iris_app;

    -- Those that run with the rights of their owner. The others could read nothing anyway.
    grant usage on schema search to iris_report;
    grant execute on function
        search.by_vector, search.by_asset, search.by_text, search.similarity
        to iris_report;

    grant usage on schema report to iris_report;
    grant select on all tables in schema report to iris_report;
exception
    when insufficient_privilege or duplicate_object or unique_violation then
        raise notice 'roles iris_app and iris_report were not set up: %', sqlerrm;
end
$$;
