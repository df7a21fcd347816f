-- Schema `library`: private tables. People and reports read `report` and `search`, never these.
--
-- Every per-asset table's primary key begins with environment_id, so that the schema can later be
-- distributed by environment without a change.

create extension if not exists vector;
create schema library;

comment on schema library is 'Private tables of Iris; not an interface. Read report.* and search.* instead';

create table library.replaceable (
    digest text not null,
    constraint replaceable_digest_is_sha256 check (digest ~ '^[0-9a-f]{64}$')
);

comment on table library.replaceable is
    'One row: SHA-256 over sql/functions, sql/views and grants.sql as they were last applied';

-- Accounts ------------------------------------------------------------------------------------

create table library.environment (
    environment_id bigint generated always as identity,
    cloud_name text not null,
    visual_search boolean not null default true,
    library_preset text,
    api_preset text,
    created_at timestamptz not null default now(),
    constraint environment_pkey primary key (environment_id),
    constraint environment_cloud_name_is_unique unique (cloud_name),
    constraint environment_cloud_name_is_lower_case check (cloud_name ~ '^[a-z0-9][a-z0-9_-]{0,62}$')
);

comment on table library.environment is
    'A product environment: one cloud_name, its switch for visual search and its default presets';

create table library.api_key (
    api_key text not null,
    environment_id bigint not null,
    encrypted_secret bytea not null,
    label text not null default '',
    enabled boolean not null default true,
    created_at timestamptz not null default now(),
    constraint api_key_pkey primary key (api_key),
    constraint api_key_environment_exists foreign key (environment_id)
        references library.environment on delete cascade,
    constraint api_key_is_not_empty check (api_key <> '')
);

create index api_key_by_environment on library.api_key (environment_id);

comment on table library.api_key is
    'API keys. The secret is encrypted with the server''s key, since signatures need it back';

create table library.upload_preset (
    environment_id bigint not null,
    name text not null,
    external_id uuid not null default gen_random_uuid(),
    "unsigned" boolean not null default false,
    settings jsonb not null default '{}',
    created_at timestamptz not null default clock_timestamp(),
    updated_at timestamptz not null default clock_timestamp(),
    constraint upload_preset_pkey primary key (environment_id, name),
    constraint upload_preset_environment_exists foreign key (environment_id)
        references library.environment on delete cascade,
    constraint upload_preset_name_has_a_length check (length(name) between 1 and 255),
    constraint upload_preset_settings_is_an_object check (jsonb_typeof(settings) = 'object')
);

create index upload_preset_newest_first on library.upload_preset
    (environment_id, created_at desc, name desc);

comment on table library.upload_preset is
    'Named upload parameters; settings are kept in the form in which the API reads them back';

-- Assets --------------------------------------------------------------------------------------

create table library.asset (
    environment_id bigint not null,
    asset_id uuid not null default gen_random_uuid(),
    resource_type text not null default 'image',
    type text not null default 'upload',
    public_id text not null,
    version bigint not null,
    version_id uuid not null default gen_random_uuid(),
    format text,
    bytes bigint not null,
    width integer,
    height integer,
    pages integer not null default 1,
    etag text not null,
    sha256 bytea not null,
    phash bit(64),
    asset_folder text not null default '',
    display_name text not null,
    original_filename text not null default '',
    tags text[] not null default '{}',
    context jsonb not null default '{}',
    metadata jsonb not null default '{}',
    access_mode text not null default 'public',
    visual_search boolean not null default false,
    upload_preset text,
    source text not null default 'api',
    created_by text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint asset_pkey primary key (environment_id, asset_id),
    constraint asset_public_id_is_unique unique (environment_id, resource_type, type, public_id),
    constraint asset_environment_exists foreign key (environment_id)
        references library.environment on delete cascade,
    constraint asset_resource_type_is_known check (resource_type in ('image', 'raw', 'video')),
    constraint asset_type_is_known check (type in ('upload', 'private', 'authenticated')),
    constraint asset_public_id_has_a_length check (length(public_id) between 1 and 255),
    constraint asset_bytes_are_counted check (bytes > 0),
    constraint asset_image_has_a_size check (resource_type <> 'image' or (width > 0 and height > 0)),
    constraint asset_etag_is_md5 check (etag ~ '^[0-9a-f]{32}$'),
    constraint asset_only_images_are_indexed check (resource_type = 'image' or not visual_search)
);

create index asset_newest_first on library.asset (environment_id, created_at desc, asset_id desc);
create index asset_by_sha256 on library.asset (environment_id, sha256);

comment on table library.asset is 'One row for each file that somebody uploaded';
comment on column library.asset.visual_search is
    'Asked to be indexed. Then an embedding, or a row in indexing that says why not, must exist';

create table library.original (
    environment_id bigint not null,
    asset_id uuid not null,
    data bytea not null,
    constraint original_pkey primary key (environment_id, asset_id),
    constraint original_asset_exists foreign key (environment_id, asset_id)
        references library.asset on delete cascade
);

-- Images do not compress, and external storage lets substring() read a range without the rest.
alter table library.original alter column data set storage external;

comment on table library.original is 'The bytes of an asset as they were uploaded';

create table library.rendition (
    environment_id bigint not null,
    asset_id uuid not null,
    transformation text not null,
    format text not null,
    width integer not null,
    height integer not null,
    data bytea not null,
    created_at timestamptz not null default now(),
    constraint rendition_pkey primary key (environment_id, asset_id, transformation, format),
    constraint rendition_asset_exists foreign key (environment_id, asset_id)
        references library.asset on delete cascade
);

alter table library.rendition alter column data set storage external;

comment on table library.rendition is 'Cached smaller versions of an image, made when first asked for';

-- Models and embeddings -----------------------------------------------------------------------

create table library.model (
    model_id bigint generated always as identity,
    name text not null,
    fingerprint text not null,
    dimension integer not null,
    state text not null,
    created_at timestamptz not null default now(),
    activated_at timestamptz,
    constraint model_pkey primary key (model_id),
    constraint model_is_known_once unique (name, fingerprint),
    constraint model_dimension_fits_halfvec check (dimension between 1 and 4000),
    constraint model_state_is_known check (state in ('active', 'next', 'retired'))
);

-- One model answers searches, and at most one is being filled (or kept for rolling back).
create unique index model_at_most_one_active on library.model (state) where state = 'active';
create unique index model_at_most_one_next on library.model (state) where state = 'next';

comment on table library.model is
    'Every model ever used. The active one owns table embedding, the next one embedding_next';

create table library.indexing (
    environment_id bigint not null,
    asset_id uuid not null,
    state text not null default 'pending',
    attempts integer not null default 0,
    reason text,
    next_try_at timestamptz not null default now(),
    claimed_until timestamptz,
    created_at timestamptz not null default now(),
    constraint indexing_pkey primary key (environment_id, asset_id),
    constraint indexing_asset_exists foreign key (environment_id, asset_id)
        references library.asset on delete cascade,
    constraint indexing_state_is_known check (state in ('pending', 'failed')),
    constraint indexing_failure_has_a_reason check (state = 'pending' or reason is not null)
);

create index indexing_by_turn on library.indexing (next_try_at) where state = 'pending';

comment on table library.indexing is
    'Only what is not done: images that wait for an embedding, or failed to get one and why';

create unlogged table library.query_vector (
    model_id bigint not null,
    query text not null,
    vector halfvec not null,
    created_at timestamptz not null default now(),
    constraint query_vector_pkey primary key (model_id, query),
    constraint query_vector_model_exists foreign key (model_id) references library.model on delete cascade
);

comment on table library.query_vector is 'Cache of the vectors of searched words; may be emptied at any time';

create table library.search_event (
    search_id bigint generated always as identity,
    environment_id bigint not null,
    searched_at timestamptz not null default now(),
    kind text not null,
    query text,
    mode text not null,
    candidates bigint not null,
    returned integer not null,
    best_score double precision,
    encode_ms double precision not null,
    rank_ms double precision not null,
    constraint search_event_pkey primary key (environment_id, search_id),
    constraint search_event_environment_exists foreign key (environment_id)
        references library.environment on delete cascade,
    constraint search_event_kind_is_known
        check (kind in ('text', 'image_url', 'image_asset_id', 'image_file', 'next_cursor'))
);

create index search_event_by_time on library.search_event (environment_id, searched_at);

comment on table library.search_event is 'What was asked and how it was answered: the source of reports';

-- The invariant: no image is silently missing from search --------------------------------------

create function library.check_coverage() returns trigger
language plpgsql as $$
begin
    if exists (
        select from library.asset
        where environment_id = coalesce(new.environment_id, old.environment_id)
            and asset_id = coalesce(new.asset_id, old.asset_id)
            and visual_search
            and not exists (
                select from library.embedding
                where embedding.environment_id = asset.environment_id
                    and embedding.asset_id = asset.asset_id
            )
            and not exists (
                select from library.indexing
                where indexing.environment_id = asset.environment_id
                    and indexing.asset_id = asset.asset_id
            )
    ) then
        raise exception 'asset % asked to be indexed but has neither an embedding nor a row in indexing',
            coalesce(new.asset_id, old.asset_id) using errcode = 'integrity_constraint_violation';
    end if;
    return null;
end
$$;

comment on function library.check_coverage() is
    'Refuses, at commit, an image that asked to be indexed and is neither embedded, pending nor failed';

create constraint trigger asset_is_accounted_for
    after insert or update of visual_search on library.asset
    deferrable initially deferred
    for each row when (new.visual_search)
    execute function library.check_coverage();

create constraint trigger indexing_is_accounted_for
    after delete on library.indexing
    deferrable initially deferred
    for each row execute function library.check_coverage();

-- How many embeddings there are -----------------------------------------------------------------

create table library.indexed_count (
    environment_id bigint not null,
    shard smallint not null,
    indexed bigint not null default 0,
    indexed_next bigint not null default 0,
    constraint indexed_count_pkey primary key (environment_id, shard),
    constraint indexed_count_environment_exists foreign key (environment_id)
        references library.environment on delete cascade
);

comment on table library.indexed_count is
    'Rows in embedding and embedding_next, in up to 16 parts a sum: counting a million takes 100 ms, '
    'longer than ranking them, and a single row would make all writers wait for each other';

create function library.count_embeddings() returns trigger
language plpgsql as $$
begin
    insert into library.indexed_count as counted (environment_id, shard, indexed, indexed_next)
    select
        changed.environment_id,
        pg_backend_pid() % 16,
        case when tg_table_name = 'embedding' then count(*) else 0 end * tg_argv[0]::integer,
        case when tg_table_name = 'embedding' then 0 else count(*) end * tg_argv[0]::integer
    from changed
    -- Those of a deleted environment are gone with it.
    join library.environment using (environment_id)
    group by changed.environment_id
    on conflict (environment_id, shard) do update
    set
        indexed = counted.indexed + excluded.indexed,
        indexed_next = counted.indexed_next + excluded.indexed_next;
    return null;
end
$$;

comment on function library.count_embeddings() is
    'Keeps indexed_count; its argument is 1 where rows come and -1 where they go';

-- HNSW needs a fixed dimension, and each model has its own: tables of embeddings are made here.
-- Narrow and apart from asset, since an update of an unrelated column beside a vector costs a
-- hundred times as much (pgvector#875).
create function library.create_embedding_table(table_name text, dimension integer) returns void
language plpgsql as $$
begin
    execute format(
        'create table library.%1$I (
            environment_id bigint not null,
            asset_id uuid not null,
            vector halfvec(%2$s) not null,
            constraint %3$I primary key (environment_id, asset_id),
            constraint embedding_asset_exists foreign key (environment_id, asset_id)
                references library.asset on delete cascade,
            constraint embedding_is_a_unit_vector check (abs(l2_norm(vector) - 1) < 0.01)
        )', table_name, dimension, table_name || '_pkey');
    execute format('create index %I on library.%I using hnsw (vector halfvec_cosine_ops)',
        table_name || '_hnsw', table_name);
    execute format(
        'create constraint trigger embedding_is_accounted_for
            after delete on library.%I deferrable initially deferred
            for each row execute function library.check_coverage()', table_name);
    execute format(
        'create trigger embedding_comes after insert on library.%1$I
            referencing new table as changed
            for each statement execute function library.count_embeddings(''1'');
        create trigger embedding_goes after delete on library.%1$I
            referencing old table as changed
            for each statement execute function library.count_embeddings(''-1'')', table_name);
    execute format('comment on table library.%I is %L', table_name,
        'Unit vectors of the active model (embedding) or of the one being filled (embedding_next)');
end
$$;

comment on function library.create_embedding_table(text, integer) is
    'Makes an empty table of embeddings with its HNSW index for vectors of the given dimension';

create function library.remake_next_table(dimension integer) returns void
language sql as $$
    drop table library.embedding_next;
    update library.indexed_count set indexed_next = 0;
    select library.create_embedding_table('embedding_next', dimension);
$$;

comment on function library.remake_next_table(integer) is
    'Empties embedding_next and gives its vectors another dimension';

-- Called in one transaction with the flip of model.state. Going back is the same call.
create function library.swap_embedding_tables() returns void
language sql as $$
    update library.indexed_count set indexed = indexed_next, indexed_next = indexed;
    alter table library.embedding rename to embedding_swap;
    alter index library.embedding_pkey rename to embedding_swap_pkey;
    alter index library.embedding_hnsw rename to embedding_swap_hnsw;
    alter table library.embedding_next rename to embedding;
    alter index library.embedding_next_pkey rename to embedding_pkey;
    alter index library.embedding_next_hnsw rename to embedding_hnsw;
    alter table library.embedding_swap rename to embedding_next;
    alter index library.embedding_swap_pkey rename to embedding_next_pkey;
    alter index library.embedding_swap_hnsw rename to embedding_next_hnsw;
$$;

comment on function library.swap_embedding_tables() is
    'Exchanges embedding and embedding_next, so that SQL and indexes keep their names';

-- The first model of a database makes them anew with its own dimension.
select library.create_embedding_table('embedding', 640);
select library.create_embedding_table('embedding_next', 640);
