-- Files that come in parts. A part is worth nothing alone: the rows live until the file is whole,
-- or until nobody has sent another part for an hour.

create table library.chunked_upload (
    environment_id bigint not null,
    sender text not null,
    upload_id text not null,
    total bigint,
    asset_id uuid,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint chunked_upload_pkey primary key (environment_id, sender, upload_id),
    constraint chunked_upload_environment_exists foreign key (environment_id)
        references library.environment on delete cascade,
    constraint chunked_upload_asset_exists foreign key (environment_id, asset_id)
        references library.asset on delete cascade,
    constraint chunked_upload_total_is_positive check (total > 0),
    constraint chunked_upload_id_has_a_length check (length(upload_id) between 1 and 255)
);

create index chunked_upload_by_age on library.chunked_upload (updated_at);
create index chunked_upload_by_asset on library.chunked_upload (environment_id, asset_id)
    where asset_id is not null;

comment on table library.chunked_upload is
    'Files that arrive in chunks. Nobody but their sender can add to them or finish them';
comment on column library.chunked_upload.sender is
    'key:… of a signed upload, preset:… of an unsigned one: part of the name, so that ids cannot be guessed';
comment on column library.chunked_upload.upload_id is 'X-Unique-Upload-Id, which the client made up';
comment on column library.chunked_upload.total is 'Bytes of the whole file; null until a chunk has told';
comment on column library.chunked_upload.asset_id is
    'What became of it, for a client that sends a chunk again because it missed the answer';

create table library.upload_chunk (
    environment_id bigint not null,
    sender text not null,
    upload_id text not null,
    first_byte bigint not null,
    bytes bigint not null,
    data bytea not null,
    constraint upload_chunk_pkey primary key (environment_id, sender, upload_id, first_byte),
    constraint upload_chunk_upload_exists foreign key (environment_id, sender, upload_id)
        references library.chunked_upload on delete cascade,
    constraint upload_chunk_has_a_place check (first_byte >= 0),
    constraint upload_chunk_is_counted check (bytes > 0 and bytes = length(data))
);

-- Files hardly compress, and a chunk is read whole.
alter table library.upload_chunk alter column data set storage external;

comment on table library.upload_chunk is 'The chunks of files that are not whole yet';
comment on column library.upload_chunk.first_byte is 'Its place in the file, from 0';
