'use strict';
const http = require('http');
const { run } = require('./steps.cjs');

run(async ({ uploader, utils }, step, { red }) => {
  let arrived;
  const next = () => new Promise((resolve) => { arrived = resolve; });
  const receiver = http.createServer(async (request, answer) => {
    let body = '';
    for await (const part of request) body += part;
    answer.end();
    arrived({ headers: request.headers, body });
  });
  await new Promise((resolve) => { receiver.listen(0, '127.0.0.1', resolve); });
  const notification_url = `http://127.0.0.1:${receiver.address().port}/hook`;

  async function heard(name, call) {
    const notice = next();
    await step(name, call);
    const { headers, body } = await notice;
    const signed = [Number(headers['x-cld-timestamp']), headers['x-cld-signature']];
    await step(`${name}_notice`, () => JSON.parse(body));
    await step(`${name}_verified`, () => utils.verifyNotificationSignature(body, ...signed));
    await step(`${name}_altered`, () => utils.verifyNotificationSignature(`${body} `, ...signed));
  }

  await heard('upload', () => uploader.upload(red, { public_id: 'told', notification_url }));
  await heard('rename', () => uploader.rename('told', 'tolder', { notification_url }));
  await heard('destroy', () => uploader.destroy('tolder', { notification_url }));
  receiver.close();
});
