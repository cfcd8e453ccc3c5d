.class public Lcom/example/camera/Downloader;
.super Ljava/lang/Object;
.method public run()V
.registers 3
const-string v0, "sensi_words.txt"
invoke-static {v0, v0}, Landroid/util/Log;->d(Ljava/lang/String;Ljava/lang/String;)I
const-string v1, "MiAdBlackListDiskCache"
return-void
.end method
