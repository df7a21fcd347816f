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
