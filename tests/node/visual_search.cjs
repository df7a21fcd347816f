'use strict';
const fs = require('fs');
const { run } = require('./steps.cjs');

run(async ({ api, uploader }, step, { red, green, blue, url }) => {
  await step('nothing_indexed', () => api.visual_search({ text: 'red' }));
  for (const [colour, file] of Object.entries({ red, green, blue })) {
    await step(colour, () => uploader.upload(file, { public_id: `${colour} one`, visual_search: true }));
  }
  const stored = await uploader.upload(blue, { public_id: 'not indexed' });

  await step('text', () => api.visual_search({ text: 'something red' }));
  await step('more_text', () => api.visual_search({ text: 'green & blue, "ü"=?' }));
  await step('image_url', () => api.visual_search({ image_url: url }));
  await step('image_asset_id', () => api.visual_search({ image_asset_id: stored.asset_id }));
  await step('local_file', () => api.visual_search({ image_file: green }));
  await step('buffer', () => api.visual_search({ image_file: fs.readFileSync(red) }));
  const data = `data:image/png;base64,${fs.readFileSync(blue, 'base64')}`;
  await step('data_uri', () => api.visual_search({ image_file: data }));
  await step('remote_file', () => api.visual_search({ image_file: url }));

  await step('no_query', () => api.visual_search({}));
  await step('two_queries', () => api.visual_search({ text: 'red', image_url: url }));
  await step('no_image', () => api.visual_search({ image_file: __filename }));
  await step('unknown_asset', () => api.visual_search({ image_asset_id: '0'.repeat(32) }));
  await step('unreachable', () => api.visual_search({ image_url: `${url}.missing` }));
  await step('wrong_secret', () => api.visual_search({ image_file: red }, { api_secret: 'wrong' }));
});
