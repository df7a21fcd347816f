create schema search;

comment on schema search is 'Ranking and scoring. Every function here may be called by hand';
