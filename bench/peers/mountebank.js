function (config) {
  // mountebank: the whole job as a user would write it for an injected response; records are read once.
  const request = config.request;
  const state = config.state;
  const reply = (statusCode, body) => ({
    statusCode, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
  });
  if (!state.records) {
    state.records = JSON.parse(require('fs').readFileSync("@RECORDS@", 'utf8'));
  }
  const key = Object.entries(request.headers).find(([name]) => name.toLowerCase() === 'apikey');
  if (!key || key[1] !== "@KEY@") {
    return reply(401, { status: 'error', message: 'Invalid API key' });
  }

  const query = request.query;
  const whole = (name) => (/^[+-]?\d+$/.test(query[name] || '') ? parseInt(query[name], 10) : null);
  const word = (name, words) => {
    const found = (query[name] || '').toLowerCase();
    return words.includes(found) ? found : null;
  };
  const asked = { page: whole('page'), limit: whole('limit'), id: whole('filter[id]') };
  const page = asked.page === null || asked.page < 1 ? 1 : asked.page;
  const limit = asked.limit === null || asked.limit < 1 ? 10 : Math.min(asked.limit, 50);
  const sort = word('sort', ['id', 'number', 'created_at', 'due_date', 'payment_date', 'total']) || 'id';
  const direction = word('sort_type', ['asc', 'desc']) === 'asc' ? 1 : -1;
  const status = word('filter[status]', ['pending', 'unpaid', 'paid', 'cancelled', 'refunded']);
  const number = query['filter[number]'];
  const flags = [['local', 'local'], ['taxfree', 'taxfree'], ['formalized', 'formalize']]
    .map(([name, field]) => [field, word(`filter[${name}]`, ['true', 'false', '1', '0'])])
    .filter(([, wanted]) => wanted !== null)
    .map(([field, wanted]) => [field, wanted === 'true' || wanted === '1']);

  const found = state.records.filter((invoice) => (status === null || invoice.status === status)
    && flags.every(([field, wanted]) => invoice[field] === wanted)
    && (asked.id === null || invoice.id === asked.id)
    && (!number || invoice.number === number));
  const compared = (one, other) => (one < other ? -1 : one > other ? 1 : 0);
  found.sort((one, other) => direction * (compared(one[sort], other[sort]) || compared(one.id, other.id)));
  const start = (page - 1) * limit;
  return reply(200, {
    status: 'successful',
    total: found.length,
    page,
    limit,
    next_page: start + limit < found.length ? page + 1 : 0,
    data: found.slice(start, start + limit),
  });
}
