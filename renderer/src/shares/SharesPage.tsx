export function SharesPage() {
  return <p>Shares</p>;
}
