-- How similar images are that have nothing to do with each other. A score says how far beyond that a
-- match is, so that it means the same for every model, and for words and images.

create table library.background (
    environment_id bigint not null,
    direction text not null,
    model_id bigint not null,
    images integer not null,
    queries integer not null,
    upper_quartile double precision not null,
    upper_tenth double precision not null,
    measured_at timestamptz not null default now(),
    constraint background_pkey primary key (environment_id, direction),
    constraint background_environment_exists foreign key (environment_id)
        references library.environment on delete cascade,
    constraint background_model_exists foreign key (model_id)
        references library.model on delete cascade,
    constraint background_direction_is_known check (direction in ('text', 'image')),
    constraint background_has_a_tail check (upper_tenth > upper_quartile)
);

comment on table library.background is
    'Shape of the similarities of random pairs (query, image), in standard units of the query: what '
    'a quarter and a tenth of them exceed. Measured anew as an environment grows';
comment on column library.background.direction is 'What the queries are: text or image';
comment on column library.background.images is 'How many images the environment had in the index';

-- As create_embedding_table makes them now. It holds for images to come; `iris index maintain --force`
-- builds the graph of those that are there anew.
alter index library.embedding_hnsw set (m = 16, ef_construction = 200);
alter index library.embedding_next_hnsw set (m = 16, ef_construction = 200);

-- The first pages of a ranking that somebody reads on in, so that each further page is a look-up.
create unlogged table library.kept_ranking (
    environment_id bigint not null,
    ranking_id uuid not null default gen_random_uuid(),
    asset_ids uuid[] not null,
    distances double precision[] not null,
    candidates bigint not null,
    estimated boolean not null,
    is_whole boolean not null,
    created_at timestamptz not null default now(),
    constraint kept_ranking_pkey primary key (environment_id, ranking_id),
    constraint kept_ranking_environment_exists foreign key (environment_id)
        references library.environment on delete cascade
);

comment on column library.kept_ranking.is_whole is 'No more images match than these';

create index kept_ranking_by_time on library.kept_ranking (created_at);

comment on table library.kept_ranking is
    'Up to 1,000 images behind the first page of an approximate ranking, for a day; may be emptied at any '
    'time. Ranking them again for each page would take ten times as long for the 20th as for the first';

-- Counting a million images for a progress bar takes a second.
create index asset_not_to_be_indexed on library.asset (environment_id)
    where resource_type = 'image' and not visual_search;

-- Searches for several things at once are one more kind.
alter table library.search_event
    drop constraint search_event_kind_is_known,
    add constraint search_event_kind_is_known check (
        kind in ('text', 'image_url', 'image_asset_id', 'image_file', 'queries', 'next_cursor')
    );
