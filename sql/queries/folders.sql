-- name: lock :none
-- First in every transaction that moves or deletes folders; what it waited for can then be seen.
select library.lock_folders(%(environment_id)s, true);

-- name: hold :none
-- First in a transaction that puts a stored asset into another folder: with its row locked, waiting
-- for somebody who moves its folder would be a deadlock.
select library.lock_folders(%(environment_id)s, false);

-- name: find :one
select path, name, replace(folder_id::text, '-', '') as external_id, created_at
from library.folder
where environment_id = %(environment_id)s and path = %(path)s;

-- name: list :many
-- The folders right in one, by name; a page starts behind the path that the cursor names.
select path, name, replace(folder_id::text, '-', '') as external_id, created_at
from library.folder
where environment_id = %(environment_id)s
    and parent = %(parent)s
    and path > %(after)s
order by path
limit %(limit)s;

-- name: count :one
select count(*) as total
from library.folder
where environment_id = %(environment_id)s and parent = %(parent)s;

-- name: create :none
insert into library.folder (environment_id, path)
select %(environment_id)s, each.path
from library.folder_and_parents(%(path)s) as each (path)
on conflict (environment_id, path) do nothing;

-- name: move :none
-- The folder and all that lies under it.
update library.folder
set
    path = %(to_path)s::text || substr(path, length(%(path)s) + 1),
    updated_at = clock_timestamp()
where environment_id = %(environment_id)s
    and (path = %(path)s or (path > %(path)s || '/' and path < %(path)s || '0'));

-- name: move_assets :none
-- The range is that of the index asset_by_folder, which is in lower case; folders are not.
update library.asset
set asset_folder = %(to_path)s::text || substr(asset_folder, length(%(path)s) + 1)
where environment_id = %(environment_id)s
    and (lower(asset_folder) || '/') ~>=~ (lower(%(path)s) || '/')
    and (lower(asset_folder) || '/') ~<~ (lower(%(path)s) || '0')
    and starts_with(asset_folder || '/', %(path)s || '/');

-- name: occupied :one
select exists (
    select
    from library.asset
    where environment_id = %(environment_id)s
        and (lower(asset_folder) || '/') ~>=~ (lower(%(path)s) || '/')
        and (lower(asset_folder) || '/') ~<~ (lower(%(path)s) || '0')
        and starts_with(asset_folder || '/', %(path)s || '/')
) as found;

-- name: delete :many
-- The folder first, then what was under it.
with gone as (
    delete from library.folder
    where environment_id = %(environment_id)s
        and (path = %(path)s or (path > %(path)s || '/' and path < %(path)s || '0'))
    returning path, name, folder_id, created_at
)
select path, name, replace(folder_id::text, '-', '') as external_id, created_at
from gone
order by path;

-- name: search :many
-- The parts in braces are composed by app.db.folder_predicate from constants.
select
    path, name, replace(folder_id::text, '-', '') as external_id, created_at,
    array[{sort_keys}]::text[] as sort_keys
from library.folder
where environment_id = %(environment_id)s and {predicate} and {after}
order by {order}
limit %(limit)s;

-- name: count_found :one
select count(*) as total
from library.folder
where environment_id = %(environment_id)s and {predicate};
