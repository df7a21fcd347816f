'use strict';
// Moderation, related assets, metadata rules, and an access token instead of key and secret.
const { run } = require('./steps.cjs');

run(async (cloudinary, step, { red, token }) => {
  const { api, uploader } = cloudinary;
  const a = await step('upload', () => uploader.upload(red, { public_id: 'a', moderation: 'manual' }));
  await step('pending', () => api.resources_by_moderation('manual', 'pending', { max_results: 5 }));
  await step('approve', () => api.update('a', { moderation_status: 'approved' }));
  await step('approved', () => api.resources_by_moderation('manual', 'approved'));
  await step('add_on', () => uploader.upload(red, { public_id: 'x', moderation: 'aws_rek' }));

  const b = await step('b', () => uploader.upload(red, { public_id: 'f/b' }));
  await step('relate', () => api.add_related_assets('a', ['image/upload/f/b', 'image/upload/none']));
  await step('relate_again', () => api.add_related_assets_by_asset_id(b.asset_id, [a.asset_id]));
  await step('related', () => api.resource('a', { related: true }));
  await step('unrelate', () => api.delete_related_assets('f/b', 'image/upload/a'));

  await step('field', () => api.add_metadata_field({ external_id: 'note', label: 'N', type: 'string' }));
  await step('other', () => api.add_metadata_field({ external_id: 'why', label: 'W', type: 'string' }));
  const rule = await step('rule', () => api.add_metadata_rule({
    metadata_field_id: 'why', name: 'say why',
    condition: { metadata_field_id: 'note', populated: true },
    result: { set_mandatory: true },
  }));
  await step('refused', () => uploader.upload(red, { public_id: 'c', metadata: { note: 'x' } }));
  await step('rules', () => api.list_metadata_rules());
  await step('off', () => api.update_metadata_rule(rule.external_id, { ...rule, state: 'inactive' }));
  await step('allowed', () => uploader.upload(red, { public_id: 'c', metadata: { note: 'x' } }));
  await step('delete_rule', () => api.delete_metadata_rule(rule.external_id));

  cloudinary.config({ api_key: null, api_secret: null, oauth_token: token });
  await step('ping', () => api.ping());
  await step('by_token', () => uploader.upload(red, { public_id: 'd' }));
  cloudinary.config({ oauth_token: `${token}x` });
  await step('wrong_token', () => api.ping());
});
