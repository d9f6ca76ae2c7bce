// Calls the URL that it is given with a client as it comes, or one that does not wait; prints each status.

import axios from "axios";
import axiosRetry, { isNetworkOrIdempotentRequestError } from "axios-retry";

const [client, url, headers, calls] = process.argv.slice(2);
const again = (error) => isNetworkOrIdempotentRequestError(error) || error.response?.status === 429;
const clients = {
  "axios-retry": async () => {
    const stock = axios.create({ headers: JSON.parse(headers) });
    axiosRetry(stock, { retryCondition: again });
    return () => stock.get(url).then((reply) => reply.status);
  },
  "axios-retry at once": async () => {
    const hasty = axios.create({ headers: JSON.parse(headers) });
    axiosRetry(hasty, { retryCondition: again, retryDelay: () => 0 });
    return () => hasty.get(url).catch((error) => error.response).then((reply) => reply.status);
  },
  got: async () => {
    const { got } = await import("got");
    return () => got(url, { headers: JSON.parse(headers) }).then((reply) => reply.statusCode);
  },
};
const call = await clients[client]();
for (let made = 0; made < Number(calls); made += 1) console.log(await call());
