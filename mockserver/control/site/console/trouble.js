export const title = "Trouble"; export async function show() { return []; }
