/*
 * When libgit2 starts it prepares for networks: it parses every certificate of the machine and
 * starts libssh2 and, with it, OpenSSL. That is most of what a short run would cost, and we never
 * let libgit2 near a network: git itself pushes. Where libgit2 is linked as an archive these stand
 * in its list of what is to be started (the linker's --wrap).
 */
int __wrap_git_mbedtls_stream_global_init(void);
int __wrap_git_transport_ssh_global_init(void);

int __wrap_git_mbedtls_stream_global_init(void)
{
	return 0;
}

int __wrap_git_transport_ssh_global_init(void)
{
	return 0;
}
