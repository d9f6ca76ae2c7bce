// json-server: its middleware for the key; filters, sorting and pages are its own.
module.exports = (request, response, next) => {
  if (request.headers.apikey === '@KEY@') return next();
  return response.status(401).json({ status: 'error', message: 'Invalid API key' });
};
