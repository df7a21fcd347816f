-- Renditions can be listed, validated by caches, and are built by one process only.

-- A cache: what it held so far lacks the new columns, and is made again when asked for.
delete from library.rendition;

alter table library.rendition
    add column rendition_id uuid not null default gen_random_uuid(),
    add column bytes bigint not null,
    add column etag text not null,
    add constraint rendition_bytes_are_counted check (bytes > 0),
    add constraint rendition_etag_is_md5 check (etag ~ '^[0-9a-f]{32}$');

-- An environment's renditions are counted from this index alone.
create index rendition_sizes on library.rendition (environment_id) include (bytes);

comment on table library.rendition is
    'Pictures made from an original by a transformation when first asked for. A cache: may be deleted';
comment on column library.rendition.transformation is
    'Canonical form, without the format; empty for a mere conversion';

-- Unlogged: after a crash nobody is building anything.
create unlogged table library.rendition_claim (
    environment_id bigint not null,
    asset_id uuid not null,
    transformation text not null,
    format text not null,
    token uuid not null,
    expires_at timestamptz not null,
    constraint rendition_claim_pkey primary key (environment_id, asset_id, transformation, format),
    constraint rendition_claim_asset_exists foreign key (environment_id, asset_id)
        references library.asset on delete cascade
);

comment on table library.rendition_claim is
    'Renditions that a process is building; whoever else wants one waits for it until it expires';
