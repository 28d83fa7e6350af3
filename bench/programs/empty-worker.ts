/** What every Worker of a benchmark does besides training: its time is taken off theirs. */
export default {
  async fetch(request: Request): Promise<Response> {
    const body = await request.arrayBuffer();
    return new Response(String(body.byteLength));
  },
};
