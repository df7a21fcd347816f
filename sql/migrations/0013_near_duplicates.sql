-- Near-duplicates, and audits of recall.
--
-- Groups come from leader clustering: an image that is near-identical to a leader is a member of its
-- group, every other image is a leader. So no image of a group is farther than the limits from its
-- leader; merging groups whenever two images are alike would chain A~B~C without end.

create table library.near_duplicate (
    environment_id bigint not null,
    asset_id uuid not null,
    leader_id uuid not null,
    distance real not null,
    phash_distance smallint,
    same_bytes boolean not null,
    found_at timestamptz not null default now(),
    constraint near_duplicate_pkey primary key (environment_id, asset_id),
    constraint near_duplicate_asset_exists foreign key (environment_id, asset_id)
        references library.asset on delete cascade,
    constraint near_duplicate_is_of_another_image check (asset_id <> leader_id),
    constraint near_duplicate_has_evidence check (same_bytes or phash_distance is not null)
);

-- No foreign key from leader_id: its cascade would delete rows of other images than those that a
-- transaction has locked, and two deletions that cross two groups would deadlock. A leader that goes
-- is queued in ungrouped like every other change; until its members are looked at again they keep
-- its id, which still groups them.
create index near_duplicate_by_leader on library.near_duplicate (environment_id, leader_id);

comment on table library.near_duplicate is
    'The group of an image that is near-identical to another, and the evidence. Leaders have no row';
comment on column library.near_duplicate.distance is 'Cosine distance to the leader';
comment on column library.near_duplicate.phash_distance is
    'Bits of 64 in which the perceptual hashes differ, of the image or its mirror image';
comment on column library.near_duplicate.same_bytes is 'The files are identical';

create table library.ungrouped (
    environment_id bigint not null,
    asset_id uuid not null,
    created_at timestamptz not null,
    constraint ungrouped_pkey primary key (environment_id, asset_id),
    constraint ungrouped_environment_exists foreign key (environment_id)
        references library.environment on delete cascade
);

-- The oldest first, so that the first upload leads its copies.
create index ungrouped_by_turn on library.ungrouped (environment_id, created_at, asset_id);

comment on table library.ungrouped is
    'Images whose group is to be looked for: embedded since, or gone with members left behind';
comment on column library.ungrouped.created_at is 'When the image was uploaded: the order of the work';

create function library.queue_for_grouping() returns trigger
language plpgsql as $$
begin
    -- The trigger goes with its table when embedding and embedding_next exchange their names.
    if tg_table_name = 'embedding' then
        insert into library.ungrouped as waiting (environment_id, asset_id, created_at)
        select changed.environment_id, changed.asset_id, coalesce(asset.created_at, now())
        from changed
        -- Those of a deleted environment are gone with it.
        join library.environment using (environment_id)
        left join library.asset using (environment_id, asset_id)
        order by changed.environment_id, changed.asset_id
        -- Not "do nothing": that would not wait for the worker which looks at this very row now, and
        -- will delete it without having seen this change.
        on conflict (environment_id, asset_id) do update
        set created_at = excluded.created_at;
    end if;
    return null;
end
$$;

comment on function library.queue_for_grouping() is
    'Queues images that come into, or go from, the active model''s embeddings for grouping';

create function library.queue_embeddings_for_grouping(table_name text) returns void
language plpgsql as $$
begin
    execute format(
        'create trigger grouping_of_new after insert on library.%1$I
            referencing new table as changed
            for each statement execute function library.queue_for_grouping();
        create trigger grouping_of_gone after delete on library.%1$I
            referencing old table as changed
            for each statement execute function library.queue_for_grouping()', table_name);
end
$$;

comment on function library.queue_embeddings_for_grouping(text) is
    'Has a table of embeddings queue what comes and goes for grouping';

-- As before, but the tables that it makes queue for grouping too, and their graphs are denser.
create or replace function library.create_embedding_table(table_name text, dimension integer)
returns void
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
    -- With pgvector's usual ef_construction of 64, words find 94 % of what they should (100,000 images,
    -- ef_search 100), images 99 %; with 200 it is 99.9 and 100 %, for twice the time to insert.
    execute format(
        'create index %I on library.%I using hnsw (vector halfvec_cosine_ops)
            with (m = 16, ef_construction = 200)', table_name || '_hnsw', table_name);
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
    perform library.queue_embeddings_for_grouping(table_name);
    execute format('comment on table library.%I is %L', table_name,
        'Unit vectors of the active model (embedding) or of the one being filled (embedding_next)');
end
$$;

select library.queue_embeddings_for_grouping('embedding');
select library.queue_embeddings_for_grouping('embedding_next');

insert into library.ungrouped (environment_id, asset_id, created_at)
select embedding.environment_id, embedding.asset_id, asset.created_at
from library.embedding
join library.asset using (environment_id, asset_id);

create table library.recall_audit (
    environment_id bigint not null,
    audited_at timestamptz not null default now(),
    model_id bigint not null,
    k integer not null,
    ef_search integer not null,
    queries integer not null,
    text_queries integer not null,
    recall double precision not null,
    low double precision not null,
    high double precision not null,
    duration_ms double precision not null,
    constraint recall_audit_pkey primary key (environment_id, audited_at),
    constraint recall_audit_environment_exists foreign key (environment_id)
        references library.environment on delete cascade,
    constraint recall_audit_model_exists foreign key (model_id)
        references library.model on delete cascade,
    constraint recall_audit_asked_something check (queries > 0 and text_queries <= queries),
    constraint recall_audit_is_a_share check (0 <= low and low <= recall and recall <= high and high <= 1)
);

comment on table library.recall_audit is
    'How much of the exact answer the approximate one had: the mean over a sample of queries';
comment on column library.recall_audit.low is
    'With high, the 95 % interval of recall (Wilson), each query counted as one observation';
comment on column library.recall_audit.text_queries is
    'Queries that were words somebody had searched; the others were stored images';
