'use strict';
const { run } = require('./steps.cjs');

run(async ({ api, uploader }, step, { red, day, other }) => {
  await step('ping', () => api.ping());
  await step('config', () => api.config());
  await step('settings', () => api.config({ settings: true }));
  await step('usage', () => api.usage());
  await step('usage_of_a_day', () => api.usage({ date: day }));
  await step('resource_types', () => api.resource_types());

  await step('wrong_secret', () => api.ping({ api_secret: 'wrong' }));
  await step('unknown_key', () => api.ping({ api_key: 'unknown' }));
  await step('other_cloud', () => api.ping({ cloud_name: other }));
  await step('bearer', () => api.ping({ oauth_token: 'unknown' }));
  await step('missing', () => api.resource('no/such thing'));
  await step('bad_value', () => api.resources({ max_results: 0.5 }));
  await step('bad_cursor', () => api.resources({ next_cursor: 'forged' }));
  await step('no_such_method', () => api.upload_mappings());

  await step('upload_with_wrong_secret', () => uploader.upload(red, { api_secret: 'wrong' }));
  await step('upload_with_unknown_key', () => uploader.upload(red, { api_key: 'unknown' }));
  await step('upload_to_unknown_cloud', () => uploader.upload(red, { cloud_name: 'nowhere' }));
  await step('upload_of_no_image', () => uploader.upload(__filename));
  await step('upload_with_a_bad_id', () => uploader.upload(red, { public_id: 'a?b' }));
  await step('upload_of_a_format', () => uploader.upload(red, { allowed_formats: ['jpg'] }));
  await step('upload_long_ago', () => uploader.upload(red, { timestamp: 1e9 }));
  await step('unsigned_without_preset', () => uploader.unsigned_upload(red, ''));
  await step('unsigned_with_unknown_preset', () => uploader.unsigned_upload(red, 'unknown'));
  await step('explicit_of_a_missing_one', () => uploader.explicit('nobody', { type: 'upload' }));
  await step('nothing_was_stored', () => api.resources());
});
