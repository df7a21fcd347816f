-- name: find :one
select name, "unsigned", settings, replace(external_id::text, '-', '') as external_id
from library.upload_preset
where environment_id = %(environment_id)s and name = %(name)s;

-- name: list :many
-- Newest first; a page starts after the preset that the cursor names by its time and name.
select name, "unsigned", settings, replace(external_id::text, '-', '') as external_id, created_at
from library.upload_preset
where environment_id = %(environment_id)s
    and (
        %(after_created_at)s::timestamptz is null
        or (created_at, name) < (%(after_created_at)s::timestamptz, %(after_name)s::text)
    )
order by created_at desc, name desc
limit %(limit)s;

-- name: save :one
-- Creating a preset whose name is taken replaces it, as Cloudinary documents it.
insert into library.upload_preset (environment_id, name, "unsigned", settings)
values (%(environment_id)s, %(name)s, %(unsigned)s, %(settings)s)
on conflict (environment_id, name) do update
set "unsigned" = excluded."unsigned", settings = excluded.settings, updated_at = clock_timestamp()
returning name, "unsigned", settings, replace(external_id::text, '-', '') as external_id;

-- name: merge :one
-- What is sent replaces what was there, key by key: the SDKs cannot send "clear this".
update library.upload_preset
set
    "unsigned" = coalesce(%(unsigned)s, "unsigned"),
    settings = settings || %(settings)s,
    updated_at = clock_timestamp()
where environment_id = %(environment_id)s and name = %(name)s
returning name, "unsigned", settings, replace(external_id::text, '-', '') as external_id;

-- name: delete :one
delete from library.upload_preset
where environment_id = %(environment_id)s and name = %(name)s
returning name, "unsigned", settings, replace(external_id::text, '-', '') as external_id;
