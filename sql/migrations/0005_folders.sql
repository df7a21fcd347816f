-- Folders exist on their own, and because assets lie in them: whatever writes asset.asset_folder,
-- a trigger makes the folder and its parents. Paths compare byte by byte, so that all that lies
-- under `a` is the range from `a/` to `a0` (0 is the character behind the slash) of an index.

create table library.folder (
    environment_id bigint not null,
    path text collate "C" not null,
    folder_id uuid not null default gen_random_uuid(),
    parent text collate "C" not null
        generated always as (regexp_replace(path, '/?[^/]*$', '')) stored,
    name text collate "default" not null
        generated always as (regexp_replace(path, '^.*/', '')) stored,
    created_at timestamptz not null default clock_timestamp(),
    updated_at timestamptz not null default clock_timestamp(),
    constraint folder_pkey primary key (environment_id, path),
    constraint folder_id_is_unique unique (environment_id, folder_id),
    constraint folder_environment_exists foreign key (environment_id)
        references library.environment on delete cascade,
    constraint folder_path_has_a_length check (length(path) between 1 and 255),
    constraint folder_path_has_no_empty_segment check (path !~ '(^|/)(/|$)')
);

create index folder_by_parent on library.folder (environment_id, parent, path);
create index folder_newest_first on library.folder (environment_id, created_at desc, path desc);

comment on table library.folder is
    'Folders of assets, empty ones too; the parents of a folder are rows themselves';
comment on column library.folder.path is 'Without slashes around it; the root has no row';
comment on column library.folder.folder_id is 'The external_id of the API; stays when the folder moves';
comment on column library.folder.parent is 'The path of the folder around it; empty in the root';
comment on column library.folder.name is 'The last segment of the path';

create function library.folder_and_parents(path text) returns setof text
language sql immutable as $$
    select array_to_string(segments[:depth], '/')
    from string_to_array(path, '/') as segments
    cross join generate_series(1, cardinality(segments)) as depth
$$;

comment on function library.folder_and_parents(text) is
    '`a`, `a/b` and `a/b/c` of `a/b/c`; nothing of the root, which is the empty path';

-- A folder may go only if no asset lies in it, or is about to: writers of asset_folder share this
-- lock, whoever moves or deletes folders holds it alone. Row locks would not do, since an asset
-- that is not committed yet cannot be seen.
create function library.lock_folders(environment_id bigint, alone boolean) returns void
language plpgsql as $$
begin
    if alone then
        perform pg_advisory_xact_lock('library.folder'::regclass::oid::integer, hashint8(environment_id));
    else
        perform pg_advisory_xact_lock_shared('library.folder'::regclass::oid::integer, hashint8(environment_id));
    end if;
end
$$;

comment on function library.lock_folders(bigint, boolean) is
    'Until the end of the transaction the folders of an environment stay as they are, but for new ones';

create function library.hold_folders() returns trigger
language plpgsql as $$
begin
    perform library.lock_folders(new.environment_id, false);
    return new;
end
$$;

comment on function library.hold_folders() is
    'Before an asset is put into a folder: no folder of its environment moves or goes meanwhile';

create function library.create_folders_of_asset() returns trigger
language plpgsql as $$
begin
    -- Where a folder is, its parents are. Looking first is cheaper than a conflict with each.
    if not exists (
        select
        from library.folder
        where environment_id = new.environment_id and path = new.asset_folder
    ) then
        insert into library.folder (environment_id, path)
        select new.environment_id, each.path
        from library.folder_and_parents(new.asset_folder) as each (path)
        on conflict (environment_id, path) do nothing;
    end if;
    return null;
end
$$;

comment on function library.create_folders_of_asset() is
    'Makes the folder that an asset was put into, and the parents of that';

create trigger asset_comes_to_folder
    before insert on library.asset
    for each row when (new.asset_folder <> '')
    execute function library.hold_folders();

create trigger asset_makes_folders
    after insert on library.asset
    for each row when (new.asset_folder <> '')
    execute function library.create_folders_of_asset();

-- Only where the folder becomes another one: this row is locked already, so waiting for somebody
-- who moves its folder, and waits for the row, would be a deadlock.
create trigger asset_moves_to_folder
    before update of asset_folder on library.asset
    for each row when (new.asset_folder <> '' and new.asset_folder <> old.asset_folder)
    execute function library.hold_folders();

create trigger asset_makes_other_folders
    after update of asset_folder on library.asset
    for each row when (new.asset_folder <> '' and new.asset_folder <> old.asset_folder)
    execute function library.create_folders_of_asset();

insert into library.folder (environment_id, path)
select distinct asset.environment_id, each.path
from library.asset
cross join lateral library.folder_and_parents(asset.asset_folder) as each (path);
