-- name: open :one
-- The upload that a chunk belongs to. Until the end of the transaction it is locked: of two chunks
-- that arrive together, the second sees the first, so that one of them finds the file whole.
insert into library.chunked_upload as upload (environment_id, sender, upload_id, total)
values (%(environment_id)s, %(sender)s, %(upload_id)s, %(total)s)
on conflict (environment_id, sender, upload_id) do update
set total = coalesce(upload.total, excluded.total), updated_at = now()
returning total, asset_id;

-- name: is_part_of :one
-- Whether exactly these bytes stand at that place of a stored file.
select exists (
    select
    from library.original
    where environment_id = %(environment_id)s
        and asset_id = %(asset_id)s
        and sha256(substring(data from %(first_byte)s::integer + 1 for %(bytes)s::integer)) = %(sha256)s
) as found;

-- name: overlapping :one
-- A chunk sent before that covers some of the same bytes, and is not the same range.
select first_byte, bytes
from library.upload_chunk
where environment_id = %(environment_id)s
    and sender = %(sender)s
    and upload_id = %(upload_id)s
    and first_byte < %(first_byte)s::bigint + %(bytes)s::bigint
    and first_byte + bytes > %(first_byte)s::bigint
    and (first_byte, bytes) <> (%(first_byte)s::bigint, %(bytes)s::bigint)
order by first_byte
limit 1;

-- name: pending_bytes :one
-- Of the whole environment, but for the chunk that is about to be replaced.
select coalesce(sum(bytes), 0)::bigint as bytes
from library.upload_chunk
where environment_id = %(environment_id)s
    and (sender, upload_id, first_byte) <> (%(sender)s, %(upload_id)s, %(first_byte)s);

-- name: store :none
-- The same range again replaces what was there.
insert into library.upload_chunk (environment_id, sender, upload_id, first_byte, bytes, data)
values (%(environment_id)s, %(sender)s, %(upload_id)s, %(first_byte)s, %(bytes)s, %(data)s)
on conflict (environment_id, sender, upload_id, first_byte) do update
set data = excluded.data;

-- name: progress :one
-- Bytes that are there, and where the last of them ends. Chunks do not overlap: when both are the
-- total, none is missing.
select coalesce(sum(bytes), 0)::bigint as received, coalesce(max(first_byte + bytes), 0)::bigint as reach
from library.upload_chunk
where environment_id = %(environment_id)s and sender = %(sender)s and upload_id = %(upload_id)s;

-- name: read :many
select data
from library.upload_chunk
where environment_id = %(environment_id)s and sender = %(sender)s and upload_id = %(upload_id)s
order by first_byte;

-- name: forget_chunks :none
delete from library.upload_chunk
where environment_id = %(environment_id)s and sender = %(sender)s and upload_id = %(upload_id)s;

-- name: finish :one
-- Nothing comes back when another request, with the same chunks, was faster.
update library.chunked_upload
set asset_id = %(asset_id)s, updated_at = now()
where environment_id = %(environment_id)s
    and sender = %(sender)s
    and upload_id = %(upload_id)s
    and asset_id is null
returning upload_id;

-- name: result :one
select asset_id
from library.chunked_upload
where environment_id = %(environment_id)s and sender = %(sender)s and upload_id = %(upload_id)s;

-- name: abandon :none
delete from library.chunked_upload
where environment_id = %(environment_id)s and sender = %(sender)s and upload_id = %(upload_id)s;

-- name: delete_abandoned :none
-- A file of any size is deleted at once; its rows are few.
delete from library.chunked_upload
where updated_at < now() - make_interval(secs => %(age)s);
