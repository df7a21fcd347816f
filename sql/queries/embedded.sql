-- The part in braces is composed by app.db.embedded from numbers.

-- name: configured :one
select exists (
    select from pg_file_settings where name = 'shared_buffers' and sourcefile like '%auto.conf'
) as found;

-- name: share_memory :none
alter system set shared_buffers = {};

-- name: maintain_in_memory :none
-- An HNSW graph that does not fit is built some ten times as slowly.
alter system set maintenance_work_mem = {};
