-- What the Search API needs beside the columns of an asset: its words, its dates, and indexes.

-- Words ---------------------------------------------------------------------------------------
--
-- A word is a run of letters and digits, in lower case. No text search parser is used, because
-- those of PostgreSQL read "a/b-c.jpg" as a file name, a host or a hyphenated word.

create function library.normal(text) returns text
language sql immutable parallel safe strict
return ' ' || btrim(regexp_replace(lower($1), '[^[:alnum:]]+', ' ', 'g')) || ' ';

comment on function library.normal(text) is
    'The words of a text, each between single spaces: neighbours in it are neighbours in the text';

create function library.needle(text, prefix boolean) returns text
language sql immutable parallel safe strict
return case
    when prefix and $1 ~ '[[:alnum:]]$' then rtrim(library.normal($1))
    else library.normal($1)
end;

comment on function library.needle(text, boolean) is
    'What library.normal() of a text contains if it has these words, the last one perhaps begun only';

create function library.searchable(
    public_id text, asset_folder text, display_name text, format text,
    tags text[], context jsonb, metadata jsonb
) returns text
language sql immutable parallel safe
return concat(
    library.normal(public_id), '|', library.normal(asset_folder), '|',
    library.normal(display_name), '|', library.normal(format), '|',
    (select string_agg(library.normal(tag), '|') from unnest(tags) as tag), '|',
    -- Values that are lists count item by item.
    (select string_agg(library.normal(item #>> '{}'), '|')
    from jsonb_path_query(context, '$.*[*]') as item), '|',
    (select string_agg(library.normal(item #>> '{}'), '|')
    from jsonb_path_query(metadata, '$.*[*]') as item)
);

comment on function library.searchable(text, text, text, text, text[], jsonb, jsonb) is
    'The words of all texts of an asset; a bar keeps those of different ones from being neighbours';

-- 100,000 characters, since a tsvector holds 1 MB; 500 of a word, since a lexeme holds 2 kB.
create function library.words(searchable text) returns tsvector
language sql immutable parallel safe strict
return (
    select array_to_tsvector(coalesce(array_agg(left(word, 500)), '{}'))
    from regexp_split_to_table(left(searchable, 100000), '[ |]+') as word
    where word <> ''
);

comment on function library.words(text) is 'The words of library.searchable(), for the index';

create function library.words_query(text, prefix boolean) returns tsquery
language sql immutable parallel safe strict
return (
    -- Letters and digits only, so the quotes cannot be left.
    select (string_agg(quote_literal(left(word, 500)), ' & ')
        || case when prefix and $1 ~ '[[:alnum:]]$' then ':*' else '' end)::tsquery
    from regexp_split_to_table(library.normal($1), ' ') as word
    where word <> ''
);

comment on function library.words_query(text, boolean) is
    'Asks for all words of a text, the last one perhaps begun only; null when it has none';

-- Columns -------------------------------------------------------------------------------------

alter table library.asset
    -- A version is the time of its upload.
    add column uploaded_at timestamptz not null
        generated always as (to_timestamp(version::double precision)) stored,
    add column words tsvector not null generated always as (
        library.words(library.searchable(
            public_id, asset_folder, display_name, format, tags, context, metadata
        ))
    ) stored,
    add column public_id_updated_at timestamptz,
    add column tags_updated_at timestamptz,
    add column context_updated_at timestamptz,
    add column metadata_updated_at timestamptz;

comment on column library.asset.uploaded_at is 'When its present file came';
comment on column library.asset.words is 'All its words: a superset of what any search for words finds';
comment on column library.asset.public_id_updated_at is 'When it was renamed; null: never';
comment on column library.asset.tags_updated_at is 'When its tags last changed; null: never';
comment on column library.asset.context_updated_at is 'When its context last changed; null: never';
comment on column library.asset.metadata_updated_at is 'When its metadata last changed; null: never';

create function library.date_changes() returns trigger
language plpgsql as $$
begin
    if new.public_id is distinct from old.public_id then
        new.public_id_updated_at := now();
    end if;
    if new.tags is distinct from old.tags then
        new.tags_updated_at := now();
    end if;
    if new.context is distinct from old.context then
        new.context_updated_at := now();
    end if;
    if new.metadata is distinct from old.metadata then
        new.metadata_updated_at := now();
    end if;
    return new;
end
$$;

comment on function library.date_changes() is 'Keeps the times of the last change of parts of an asset';

create trigger asset_changes_are_dated
    before update of public_id, tags, context, metadata on library.asset
    for each row execute function library.date_changes();

-- Indexes -------------------------------------------------------------------------------------
--
-- GIN cannot begin with environment_id without an extension. A word or tag that other environments
-- have too costs at most a scan of the own environment, since the planner joins both bitmaps.

create index asset_by_tag on library.asset using gin (tags);
create index asset_by_word on library.asset using gin (words);

-- The slash makes a folder and all below it one range: from 'a/' to before 'a0'.
create index asset_by_folder on library.asset
    (environment_id, (lower(asset_folder) || '/') text_pattern_ops, created_at desc, asset_id desc);
create index asset_latest_upload_first on library.asset
    (environment_id, uploaded_at desc, asset_id desc);
create index asset_by_public_id on library.asset (environment_id, public_id text_pattern_ops);
