'use strict';
const fs = require('fs');
const { called, run } = require('./steps.cjs');

run(async ({ uploader }, step, { large, image }) => {
  const chunk_size = 5243000;
  await step('raw', () => called((done) => {
    uploader.upload_large(large, { public_id: 'large.bin', chunk_size, tags: ['t'] }, done);
  }));
  await step('image', () => called((done) => {
    uploader.upload_large(image, { resource_type: 'image', chunk_size, visual_search: true }, done);
  }));
  await step('auto', () => called((done) => {
    uploader.upload_chunked(image, { resource_type: 'auto', chunk_size, public_id: 'auto' }, done);
  }));
  await step('stream', () => called((done) => {
    const to = uploader.upload_chunked_stream({ resource_type: 'raw', chunk_size, public_id: 's' }, done);
    fs.createReadStream(large).pipe(to);
  }));
  await step('small', () => called((done) => {
    uploader.upload_large(__filename, { chunk_size, public_id: 'small.cjs', filename: 'other.txt' }, done);
  }));
  await step('too_small_chunks', () => called((done) => {
    uploader.upload_large(large, { chunk_size: 1000000, disable_promises: true }, done);
  }));
});
