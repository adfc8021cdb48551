export function ExportPage({ id }: { id: string }) {
  return <p>{id}</p>;
}
