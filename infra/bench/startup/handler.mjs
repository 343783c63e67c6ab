// A Lambda in Node: the SDK is loaded, one item is read, and what was given is answered.
import { DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";

const runtime = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation`;
const client = new DynamoDBClient({});
const next = await fetch(`${runtime}/next`);
const event = await next.text();
await client.send(new GetItemCommand({ TableName: "pawl", Key: { pk: { S: "a" }, sk: { S: "b" } } }));
const id = next.headers.get("lambda-runtime-aws-request-id");
await fetch(`${runtime}/${id}/response`, { method: "POST", body: event });
