-- Read from the catalog, so that it binds to no table.
create view report.storage as
with part as (
    select relation.oid as table_oid, 'rows' as part, null::name as index_name, relation.oid
    from pg_class as relation
    join pg_namespace as namespace on namespace.oid = relation.relnamespace
    where namespace.nspname in ('library', 'procrastinate') and relation.relkind = 'r'
    union all
    select relation.oid, 'large values', null, relation.reltoastrelid
    from pg_class as relation
    join pg_namespace as namespace on namespace.oid = relation.relnamespace
    where namespace.nspname in ('library', 'procrastinate')
        and relation.relkind = 'r'
        and relation.reltoastrelid <> 0
    union all
    select pg_index.indrelid, access.amname || ' index', index.relname, index.oid
    from pg_index
    join pg_class as index on index.oid = pg_index.indexrelid
    join pg_am as access on access.oid = index.relam
    join pg_namespace as namespace on namespace.oid = index.relnamespace
    where namespace.nspname in ('library', 'procrastinate')
),
sized as (
    select
        part.table_oid,
        part.part,
        part.index_name,
        part.oid,
        -- Of large values with their own index; the rows without these, but with their free space map.
        case part.part
            when 'rows' then pg_table_size(part.oid) - coalesce(pg_total_relation_size(nullif(heap.reltoastrelid, 0)), 0)
            else pg_total_relation_size(part.oid)
        end as bytes
    from part
    join pg_class as heap on heap.oid = part.table_oid
)
select
    namespace.nspname || '.' || heap.relname as table_name,
    sized.part,
    sized.index_name::text as index_name,
    sized.bytes,
    round(100.0 * sized.bytes / nullif(sum(sized.bytes) over (), 0), 1) as share_percent,
    counted.n_live_tup as live_rows,
    counted.n_dead_tup as dead_rows,
    round(100.0 * counted.n_dead_tup / nullif(counted.n_live_tup + counted.n_dead_tup, 0), 1) as dead_percent,
    coalesce(used.idx_scan, counted.seq_scan) as scans,
    greatest(counted.last_vacuum, counted.last_autovacuum) as vacuumed_at
from sized
join pg_class as heap on heap.oid = sized.table_oid
join pg_namespace as namespace on namespace.oid = heap.relnamespace
left join pg_stat_all_tables as counted on counted.relid = sized.oid
left join pg_stat_all_indexes as used on used.indexrelid = sized.oid
order by sized.bytes desc, table_name, sized.index_name;

comment on view report.storage is
    'What every table and index takes of the disk, the HNSW indexes of embeddings too, and how much of it is dead';
comment on column report.storage.table_name is 'With its schema';
comment on column report.storage.part is
    'rows, large values (files and long texts lie apart from their rows), or the kind of index';
comment on column report.storage.index_name is 'Null for the table itself';
comment on column report.storage.bytes is 'On disk';
comment on column report.storage.share_percent is 'Share of all that Iris takes';
comment on column report.storage.live_rows is 'Estimate of the database; of large values, their pieces of 2 kB';
comment on column report.storage.dead_rows is 'Deleted or outdated rows whose room a vacuum will free';
comment on column report.storage.dead_percent is
    'Share of dead rows; far above 20, autovacuum does not keep up, and HNSW finds less';
comment on column report.storage.scans is 'How often it was read since statistics began; an index with 0 may be needless';
comment on column report.storage.vacuumed_at is 'The last vacuum, by hand or automatic';

create view report.models as
select
    model.name,
    model.state,
    model.dimension,
    case model.state
        when 'active' then counted.indexed
        when 'next' then counted.indexed_next
        else 0
    end as embeddings,
    (
        select count(*)
        from library.query_vector
        where query_vector.model_id = model.model_id
    ) as cached_queries,
    model.fingerprint,
    model.created_at,
    model.activated_at
from library.model
cross join (
    select
        coalesce(sum(indexed_count.indexed), 0)::bigint as indexed,
        coalesce(sum(indexed_count.indexed_next), 0)::bigint as indexed_next
    from library.indexed_count
) as counted
order by model.activated_at desc nulls first, model.created_at desc;

comment on view report.models is 'Every model that this database ever had, the one in use and the one that follows first';
comment on column report.models.state is
    'active: answers searches; next: is filled, or kept for going back; retired: its vectors are gone';
comment on column report.models.dimension is 'Numbers in a vector';
comment on column report.models.embeddings is 'Vectors of images that the database holds of it';
comment on column report.models.cached_queries is 'Vectors of searched words that it holds of it';
comment on column report.models.fingerprint is 'Of its weights and preprocessing';
comment on column report.models.created_at is 'When it was first chosen';
comment on column report.models.activated_at is 'When it last became active; null: never';
