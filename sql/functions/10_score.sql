create function search.score(distance double precision) returns double precision
language sql immutable parallel safe
return greatest(0, least(1, 1 - distance));

comment on function search.score(double precision) is
    'Similarity from 0 to 1 of a cosine distance: what the API calls score and compares with threshold';

create function search.distance(score double precision) returns double precision
language sql immutable parallel safe
return 1 - score;

comment on function search.distance(double precision) is
    'The largest cosine distance that still has the given score';
