-- What reports need to know of a search, beyond how long it took.

alter table library.search_event
    add column hits uuid[] not null default '{}',
    add column best_match text,
    add column filtered boolean not null default false,
    add column complete boolean not null default true,
    add column continued boolean not null default false,
    add constraint search_event_best_match_is_known
        check (best_match in ('same', 'near_duplicate', 'similar', 'related', 'weak'));

-- Ids are random: an attempt to compress them would be made with every search, in vain.
alter table library.search_event alter column hits set storage external;

comment on column library.search_event.hits is 'The assets of the page that was answered, best first';
comment on column library.search_event.best_match is
    'What the best result is to the query; null when nothing was found, or not known';
comment on column library.search_event.filtered is 'Whether only a part of the library was asked for';
comment on column library.search_event.complete is
    'False when more would have matched than the page and its cursor could give';
comment on column library.search_event.continued is 'A later page: the question was asked before';

-- The log is read by people who may not see images or secrets.
create function library.loggable(query text) returns text
language sql immutable parallel safe strict
return left(
    regexp_replace(
        regexp_replace(query, 'data:[^\s"]{64,}', 'data:…', 'gi'),
        '([a-z][a-z0-9+.-]*://)(?:[^/?#@\s"]*@)?([^?#\s"]*)[^\s"]*', '\1\2', 'gi'
    ),
    1000
);

comment on function library.loggable(text) is
    'A query without what must not be logged: files in data: URLs, passwords and signatures in others';

update library.search_event
set query = library.loggable(query)
where query is distinct from library.loggable(query);

-- Which images were never shown is asked of a million assets and many millions of hits: to unnest
-- these took a minute. Workers note them every few minutes.
create table library.shown_asset (
    environment_id bigint not null,
    asset_id uuid not null,
    constraint shown_asset_pkey primary key (environment_id, asset_id),
    constraint shown_asset_asset_exists foreign key (environment_id, asset_id)
        references library.asset on delete cascade
);

comment on table library.shown_asset is 'Assets that a search has shown, also when the log forgot it';

alter table library.environment add column shown_until timestamptz not null default '-infinity';

comment on column library.environment.shown_until is
    'Assets that were shown before this time are in shown_asset; for later ones the log has to be asked';
