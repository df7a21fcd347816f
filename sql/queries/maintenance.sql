-- name: indexes :many
-- The HNSW indexes, and how much of each is dead or empty. An element takes 72 bytes, the vector, and
-- 6 for each of 32 neighbours, and shares no page that it does not fit into: at 512 dimensions six
-- lie on a page, as pgvector's published sizes have it.
with found as (
    select
        embeddings.relname as table_name,
        greatest(0, embeddings.reltuples)::bigint as images,
        attribute.atttypmod as dimension,
        pg_relation_size(hnsw.oid) as bytes
    from pg_class as embeddings
    join pg_attribute as attribute
        on attribute.attrelid = embeddings.oid and attribute.attname = 'vector'
    join pg_class as hnsw
        on hnsw.relnamespace = embeddings.relnamespace and hnsw.relname = embeddings.relname || '_hnsw'
    where embeddings.relnamespace = 'library'::regnamespace
        and embeddings.relname in ('embedding', 'embedding_next')
), packed as (
    select
        found.table_name, found.images, found.dimension, found.bytes,
        ceil(found.images / floor(8160.0 / (72 + 8 + 2 * found.dimension + 200 + 8))) * 8192 as needed
    from found
)
select
    packed.table_name, packed.images, packed.bytes,
    -- Two pages are of no account.
    greatest(0, 1 - (packed.needed + 2 * 8192) / packed.bytes)::double precision as wasted,
    -- What a build keeps in memory: 1.7 GB for a million of 512 dimensions.
    packed.images * (2 * packed.dimension + 700) as build_bytes
from packed
order by packed.table_name;

-- name: server_memory :one
select pg_size_bytes(current_setting('maintenance_work_mem')) as bytes;

-- name: use_memory :none
-- A parallel build keeps the graph in shared memory, of which a container has little: beyond what the
-- server was set up for, one process builds it in its own.
select
    set_config('maintenance_work_mem', %(kilobytes)s || 'kB', false),
    case
        when %(alone)s then set_config('max_parallel_maintenance_workers', '0', false)
    end;

-- name: vacuum_embedding :none
vacuum (analyze) library.embedding;

-- name: vacuum_embedding_next :none
vacuum (analyze) library.embedding_next;

-- name: drop_leftover_of_embedding :none
-- What a rebuild that was interrupted leaves behind.
drop index concurrently if exists library.embedding_hnsw_ccnew;

-- name: drop_leftover_of_embedding_next :none
drop index concurrently if exists library.embedding_next_hnsw_ccnew;

-- name: rebuild_embedding :none
reindex index concurrently library.embedding_hnsw;

-- name: rebuild_embedding_next :none
reindex index concurrently library.embedding_next_hnsw;

-- name: progress :one
select done.share
from (
    select coalesce(blocks_done / nullif(blocks_total, 0)::double precision, 0) as share
    from pg_stat_progress_create_index
    where datname = current_database() and relid in (select oid from pg_class where relname ~ '^embedding')
    union all
    select coalesce(heap_blks_scanned / nullif(heap_blks_total, 0)::double precision, 0)
    from pg_stat_progress_vacuum
    where datname = current_database() and relid in (select oid from pg_class where relname ~ '^embedding')
) as done
limit 1;
