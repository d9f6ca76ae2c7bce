"""What tests share: the invented vendor, clients, servers, stores."""
