/** The floor of HTTP: Express with nothing else, which parses the JSON body and answers 201 with the body. */
import express from 'express';

const app = express();
app.use(express.json({ type: ['application/fhir+json', 'application/json'], limit: '10mb' }));
app.get('/ready', (_request, response) => {
  response.json({ status: 'ready' });
});
app.post(['/fhir', '/fhir/:type'], (request, response) => {
  response.status(201).json(request.body);
});
const server = app.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${server.address().port}/fhir` })}\n`);
});
process.once('SIGTERM', () => server.close());
