export const title = "Fidelity"; export async function show() { return []; }
