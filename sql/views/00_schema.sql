create schema report;

comment on schema report is 'Views for people and BI tools; the one part of the database with a stable shape';
