-- Versions of assets that outlive them: what an upload with `backup` brought is kept when it is
-- overwritten or deleted, its bytes and all that was known of it, until somebody deletes it here.

alter table library.asset add column backup boolean not null default false;

comment on column library.asset.backup is
    'Whether this version is kept in library.backup when it is overwritten or deleted';

-- No foreign key to the asset: it may be gone. Its asset_id stays its own; an upload of the name gets
-- it back.
create table library.backup (
    environment_id bigint not null,
    asset_id uuid not null,
    version_id uuid not null,
    resource_type text not null,
    type text not null,
    public_id text not null,
    version bigint not null,
    format text,
    bytes bigint not null,
    width integer,
    height integer,
    pages integer not null,
    etag text not null,
    sha256 bytea not null,
    phash bit(64),
    asset_folder text not null,
    display_name text not null,
    original_filename text not null,
    tags text[] not null,
    context jsonb not null,
    metadata jsonb not null,
    access_mode text not null,
    moderation_status text,
    moderated_at timestamptz,
    visual_search boolean not null,
    upload_preset text,
    source text not null,
    created_by text,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    kept_at timestamptz not null default clock_timestamp(),
    data bytea not null,
    constraint backup_pkey primary key (environment_id, asset_id, version_id),
    constraint backup_environment_exists foreign key (environment_id)
        references library.environment on delete cascade,
    constraint backup_bytes_are_counted check (bytes > 0)
);

-- As for originals: images do not compress, and a slice is read without the rest.
alter table library.backup alter column data set storage external;

create index backup_by_name on library.backup
    (environment_id, resource_type, type, public_id, kept_at);

comment on table library.backup is
    'Versions of assets that were overwritten or deleted, with their bytes, to be restored from';
comment on column library.backup.public_id is
    'The name of the asset: when it is renamed, its older versions are, too';
comment on column library.backup.kept_at is 'When it was overwritten or deleted';

-- asset_by_name has the same names, below the nine kinds of assets that there are.
drop index library.asset_by_public_id;
