"""The catalogue as a service: pages, documents and Datasette's tables over one file."""
