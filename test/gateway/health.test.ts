import { test } from 'node:test';
import request from 'supertest';
import { startGateway } from './start-gateway.ts';

const ID = /^[0-9a-f-]{36}$/;

test('health, readiness and an unknown path answer with an id, over HTTP as any client speaks it', async (context) => {
  const { url } = await startGateway(context);
  await request(url).get('/healthz').expect(200, { status: 'ok' }).expect('x-telltale-exchange-id', ID);
  await request(url)
    .get('/readyz')
    .expect(200)
    .expect('content-type', /json/)
    .expect('x-telltale-exchange-id', ID);
  await request(url)
    .post('/v1/nowhere')
    .send({ model: 'any' })
    .expect(404)
    .expect('x-telltale-exchange-id', ID)
    .expect(/"error"/);
});
