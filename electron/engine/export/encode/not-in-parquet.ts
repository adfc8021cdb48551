/** A value that a column's Parquet type cannot hold; the message says which. Its row and column are added outside. */
export class NotInParquet extends Error {
  override readonly name = 'NotInParquet';
}
