export const title = "Data"; export async function show() { return []; }
