-- Lists of assets by type, name, tag and context, each read from an index in the order of its
-- answer, so that a page costs the same however large the library is and however deep it lies.

create index asset_by_type on library.asset
    (environment_id, resource_type, type, created_at, asset_id);
-- "C", since a prefix is a range of bytes only there; its own index, since the unique one has the
-- database's collation.
create index asset_by_name on library.asset
    (environment_id, resource_type, type, public_id collate "C");
create index asset_by_display_name on library.asset (environment_id, asset_folder, display_name);

-- GIN indexes of tags and context cannot begin with the environment, have no order, and cannot list
-- the tags that there are: a table of what each asset can be listed by does all three.
create table library.asset_term (
    environment_id bigint not null,
    asset_id uuid not null,
    kind text not null,
    term text collate "C" not null,
    resource_type text not null,
    created_at timestamptz not null,
    constraint asset_term_pkey primary key (environment_id, asset_id, kind, term),
    constraint asset_term_asset_exists foreign key (environment_id, asset_id)
        references library.asset on delete cascade,
    constraint asset_term_kind_is_known check (kind in ('tag', 'context_key', 'context_pair')),
    constraint asset_term_has_a_length check (length(term) between 1 and 255)
);

create index asset_term_in_order on library.asset_term
    (environment_id, resource_type, kind, term, created_at, asset_id);

comment on table library.asset_term is
    'What assets are listed by: their tags and, as MD5, keys and pairs of their context. Kept by a trigger';

create function library.context_term(key text, value text default null) returns text
language sql immutable parallel safe
return md5(key) || coalesce(md5(value), '');

comment on function library.context_term(text, text) is
    'The term of a context key, or of a key with its value; MD5, for values outgrow an index';

create function library.terms(tags text[], context jsonb) returns table (kind text, term text)
language sql immutable parallel safe as $$
    -- The API takes tags of up to 255 characters; what comes in another way must not fail here.
    select 'tag', left(tag, 255) from unnest(tags) as tag where tag <> ''
    union
    select 'context_key', library.context_term(key) from jsonb_object_keys(context) as key
    union
    select 'context_pair', library.context_term(key, coalesce(value, ''))
    from jsonb_each_text(context)
$$;

comment on function library.terms(text[], jsonb) is 'Everything that an asset with these tags and context is listed by';

create function library.list_asset() returns trigger
language plpgsql as $$
begin
    if tg_op = 'UPDATE' then
        delete from library.asset_term
        where environment_id = new.environment_id
            and asset_id = new.asset_id
            and (kind, term) not in (
                select terms.kind, terms.term from library.terms(new.tags, new.context) as terms
            );
    end if;
    insert into library.asset_term (environment_id, asset_id, kind, term, resource_type, created_at)
    select new.environment_id, new.asset_id, terms.kind, terms.term, new.resource_type, new.created_at
    from library.terms(new.tags, new.context) as terms
    on conflict do nothing;
    return null;
end
$$;

comment on function library.list_asset() is 'Keeps asset_term as tags and context of an asset have it';

create trigger asset_is_listed
    after insert on library.asset
    for each row when (new.tags <> '{}' or new.context <> '{}')
    execute function library.list_asset();

create trigger asset_is_listed_anew
    after update of tags, context on library.asset
    for each row when (
        new.tags is distinct from old.tags or new.context is distinct from old.context
    )
    execute function library.list_asset();

insert into library.asset_term (environment_id, asset_id, kind, term, resource_type, created_at)
select environment_id, asset_id, terms.kind, terms.term, resource_type, created_at
from library.asset
cross join lateral library.terms(tags, context) as terms
on conflict do nothing;
