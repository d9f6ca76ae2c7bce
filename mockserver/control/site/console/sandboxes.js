export const title = "Sandboxes"; export async function show() { return []; }
