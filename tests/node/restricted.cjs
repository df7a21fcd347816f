'use strict';
const { fetched, run } = require('./steps.cjs');

run(async (cloudinary, step, { red }) => {
  const { api, uploader } = cloudinary;
  for (const type of ['private', 'authenticated']) {
    const { url } = await step(type, () => uploader.upload(red, { public_id: 'f/ü b', type }));
    const link = (options) => cloudinary.url('f/ü b', {
      type, format: 'png', secure: false, ...options,
    });
    await step(`${type}_answered`, () => fetched(url));
    await step(`${type}_unsigned`, () => fetched(link({})));
    await step(`${type}_signed`, () => fetched(link({ sign_url: true })));
    await step(`${type}_long`, () => fetched(link({ sign_url: true, long_url_signature: true })));
    const scaled = link({ sign_url: true, width: 8, crop: 'scale' });
    await step(`${type}_scaled`, () => fetched(scaled));
    await step(`${type}_altered`, () => fetched(scaled.replace('w_8', 'w_9')));
    await step(`${type}_forged`, () => fetched(link({ sign_url: true, api_secret: 'wrong' })));
    const details = await step(`${type}_details`, () => api.resource('f/ü b', { type }));
    await step(`${type}_derived`, () => fetched(details.derived[0].secure_url));
    const { resources } = await api.resources({ type });
    await step(`${type}_listed`, () => fetched(resources[0].secure_url));
  }
});
