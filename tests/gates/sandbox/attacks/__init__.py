"""What untrusted code may try, as data. Every attack is shown to work once the protection against it is away."""
